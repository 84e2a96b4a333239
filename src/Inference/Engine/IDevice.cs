using Diffusion.Checkpoints;

namespace Diffusion.Inference.Engine;

/// <summary>
/// Where networks run, and the border of tensors: above it the engine sees numbers only, so that tests run the whole
/// loop on a network of one line and a clock of their own.
/// </summary>
internal interface IDevice
{
    /// <summary>Builds a version's network and reads its weights. On any thread but the engine's, several at a time.</summary>
    /// <exception cref="Exception">Anything that a file, a driver or memory can have.</exception>
    ILoadedModel Load(CheckpointVersion version);
}
