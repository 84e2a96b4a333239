using Diffusion.Checkpoints;

namespace Diffusion.Inference.Engine;

/// <summary>
/// Where networks run, and the border of tensors: above it the engine sees numbers only, so that tests run the whole
/// loop on a network of one line and a clock of their own.
/// </summary>
internal interface IDevice
{
    /// <summary>As libtorch names it.</summary>
    string Name { get; }

    /// <summary>Whether batches of few different sizes gain more than their padding costs.</summary>
    bool PrefersFewSizes { get; }

    /// <summary>Prepares the calling thread; every thread that evaluates calls it once.</summary>
    /// <returns>Processors that one operation uses.</returns>
    int Enter();

    /// <summary>Gives back what is held without use. Called when memory has run out.</summary>
    void Trim();

    /// <summary>Builds a version's network and reads its weights. On any thread but the engine's.</summary>
    /// <exception cref="Exception">Anything that a file, a driver or memory can have.</exception>
    /// <returns>An <see cref="ILoadedModel"/>, or of a classifier an <see cref="ILoadedClassifier"/>, whose gradients were probed.</returns>
    ILoadedNetwork Load(CheckpointVersion version);
}
