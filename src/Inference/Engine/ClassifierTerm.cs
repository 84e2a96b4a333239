namespace Diffusion.Inference.Engine;

/// <summary>The classifier that guides a row.</summary>
/// <param name="Network">Where it is.</param>
/// <param name="Label">The class to go to.</param>
/// <param name="Scale">s.</param>
/// <param name="IsAlone">Whether its gradient is taken of one picture at a time, so that it has the same bits whoever the neighbours are.</param>
internal sealed record ClassifierTerm(ILoadedClassifier Network, int Label, double Scale, bool IsAlone);
