using System.Globalization;
using Diffusion.Guidance;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Models;
using Diffusion.Samplers;

namespace Diffusion.Inference.Jobs;

/// <summary>A request with every default filled in, its sampler compiled and its model version held.</summary>
/// <param name="Lease">Keeps the version that was resolved at admission.</param>
/// <param name="Sampler">Catalogue name.</param>
/// <param name="Kind">What it makes.</param>
/// <param name="Course">The rows, and how the pictures go through them.</param>
/// <param name="Labels">The label of each picture, null where unconditional.</param>
/// <param name="Guidance">s in out = u + s (c - u); 1 is none.</param>
internal sealed record AcceptedRequest(
    ModelLease Lease, string Sampler, GenerationKind Kind, Course Course, ulong Seed, IReadOnlyList<int?> Labels, double Guidance)
{
    /// <summary>The same as a request: accepted again it gives the same pictures, whatever the defaults are then.</summary>
    public required GenerationRequest Resolved { get; init; }

    /// <summary>The frames to keep, or null.</summary>
    public FrameOptions? Record { get; init; }

    /// <summary>phi of guidance pairs; 0 is none.</summary>
    public double Rescale { get; init; }

    /// <summary>eta of guidance pairs; 1 keeps all.</summary>
    public double Parallel { get; init; } = GuidanceProjection.Whole;

    /// <summary>Keeps the classifier that guides, or null.</summary>
    public ModelLease? Classifier { get; init; }

    /// <summary>s of the classifier.</summary>
    public double ClassifierScale { get; init; }

    /// <summary>The classes that the classifier goes to, used in turn.</summary>
    public IReadOnlyList<int> ClassifierLabels { get; init; } = [];

    /// <summary>How exactly the seed fixes the pictures.</summary>
    public Determinism Determinism { get; init; }

    public SamplerTable Table => Course.Table;

    /// <summary>Who asks.</summary>
    public string Client { get; init; } = GenerationRequest.Anonymous;

    /// <summary>Share of <see cref="Client"/>; null leaves it to the settings.</summary>
    public double? ClientWeight { get; init; }

    /// <summary>How soon the pictures are needed.</summary>
    public RequestClass Class { get; init; }

    /// <summary>How long after acceptance they are needed, or null.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>What requests share that run as one where batches are of whole requests.</summary>
    public string Recipe => string.Create(CultureInfo.InvariantCulture, $"{Sampler} {Steps} {(IsGuided ? Guidance : 1)} {(IsSteered ? ClassifierScale : 0)}");

    public int Count => Labels.Count;

    public int Steps => Table.Rows.Length;

    /// <summary>Whether a step takes a conditional and an unconditional evaluation.</summary>
    public bool IsGuided => Labels[0] is not null && ClassifierFreeGuidance.RowsFor(Guidance) == GuidanceRows.Both;

    /// <summary>Whether a step takes the gradient of a classifier; a scale of 0 takes none.</summary>
    public bool IsSteered => Classifier is not null && ClassifierScale != ClassifierGuidance.NoGuidance;

    /// <summary>Network evaluations of one step of one picture; the gradient of a classifier counts as two.</summary>
    public int Cost => (IsGuided ? 2 : 1) + (IsSteered ? 2 : 0);

    /// <summary>The versions that it needs.</summary>
    public IEnumerable<ModelHandle> Handles => Classifier is null ? [Lease.Handle] : [Lease.Handle, Classifier.Handle];

    /// <summary>The version that has to be loaded, or probed for strict rows, before this can run; null if there is none.</summary>
    public ModelHandle? Awaited => Handles.FirstOrDefault(h => h.Loaded is null)
        ?? (Determinism == Determinism.Strict && Lease.Handle.Loaded!.Strict is null ? Lease.Handle : null);

    /// <summary>Gives back the versions that it holds.</summary>
    public void Release()
    {
        Lease.Dispose();
        Classifier?.Dispose();
    }

    /// <summary>What guides one row of a picture by classes; the way up has nothing, for what it adds cannot be undone.</summary>
    public ClassifierTerm? ClassifierOf(int picture, int step) => !IsSteered || step < Course.Ascent
        ? null
        : new ClassifierTerm(
            (ILoadedClassifier)Classifier!.Handle.Loaded!.Network, ClassifierLabels[picture % ClassifierLabels.Count], ClassifierScale, Determinism == Determinism.Strict);

    /// <summary>Network evaluations in all: an inversion has no guidance, and a picture that enters later has fewer rows.</summary>
    public long Rows => Course.Starts.Sum(start => (long)(Steps - Course.Ascent) * Cost + (start is ImageStart ? Course.Ascent : 0));

    /// <summary>s of one row; the way up always takes 1, for what guidance adds cannot be undone.</summary>
    public double GuidanceOf(int step) => step < Course.Ascent ? ClassifierFreeGuidance.NoGuidance : Guidance;
}
