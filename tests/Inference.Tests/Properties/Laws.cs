namespace Diffusion.Inference.Tests.Properties;

/// <summary>The names of what must hold of every run.</summary>
internal static class Laws
{
    public const string Conservation = "conservation", Equivalence = "equivalence", Progress = "progress", WorkConservation = "work conservation",
        Fairness = "fairness", Deadline = "deadline", Cancellation = "cancellation", BoundedMemory = "bounded memory", Metamorphic = "metamorphic";
}
