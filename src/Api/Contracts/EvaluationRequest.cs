namespace Diffusion.Api.Contracts;

/// <summary>What is to be measured.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">Version number or alias; that of a request without a version if not given.</param>
/// <param name="Samplers">Samplers and their step counts; the model's own if not given. Up to 64 points.</param>
/// <param name="Samples">Pictures of each point, and images that its nll is of; 1000 if not given.</param>
/// <param name="Seed">Seed of the pictures; 0 if not given.</param>
/// <param name="Metrics">What is measured: frechet, precision-recall, density-coverage, diversity, class-score, label-accuracy, nearest-image, detection; all of these that can be if not given. nll, the bound on the likelihood of real images in bits per number, needs the sampler ddpm and is only measured when asked for; so is nll.ode, the likelihood itself by the probability-flow ODE, which needs one point without guidance.</param>
/// <param name="NllCdf">How nll computes the mass of a level: exact, or tanh as published code does; exact if not given.</param>
/// <param name="Data">The image set to compare with; that of the model's training if not given.</param>
/// <param name="Split">Which part of it; test if not given.</param>
/// <param name="Features">What distances are measured in: classifier, or network for the TorchScript file of the settings.</param>
/// <param name="Classifier">The classifier that judges; the one that was trained on the image set if not given.</param>
internal sealed record EvaluationRequest(
    string Model, string? Version, IReadOnlyList<EvaluationSampler>? Samplers, int? Samples, long? Seed, IReadOnlyList<string>? Metrics, string? NllCdf,
    string? Data, string? Split, string? Features, string? Classifier);

/// <summary>A sampler and the step counts at which it is measured.</summary>
/// <param name="Sampler">The sampler.</param>
/// <param name="Steps">Network evaluations a picture.</param>
/// <param name="Options">Sampler options as texts.</param>
/// <param name="Guidance">Scale of classifier-free guidance; 1 if not given.</param>
/// <param name="GuidanceRescale">Share of guidance rescale, 0..1; 0 if not given. It needs guidance other than 0 and 1.</param>
/// <param name="GuidanceParallel">Share that is kept of what guidance adds along the estimate, 0..1; 1 if not given. It needs guidance other than 0 and 1.</param>
/// <param name="DynamicThreshold">Percentile of dynamic thresholding as a share, 0..1; clipped as the sampler does if not given.</param>
/// <param name="GuidingClassifier">A noisy classifier that guides to the labels, NAME, NAME@VERSION or NAME@ALIAS; none if not given.</param>
/// <param name="ClassifierScale">Its scale; 1 if not given.</param>
internal sealed record EvaluationSampler(
    string Sampler, IReadOnlyList<int> Steps, IReadOnlyDictionary<string, string>? Options, double? Guidance, double? GuidanceRescale, double? GuidanceParallel, double? DynamicThreshold,
    string? GuidingClassifier, double? ClassifierScale);
