using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Models;

/// <summary>A loaded version and what was found out about it.</summary>
/// <param name="Network">The network on its device.</param>
/// <param name="Strict">The sizes of batch that give the same bits whatever the neighbours.</param>
internal sealed record ModelInUse(ILoadedNetwork Network, StrictSizes Strict);
