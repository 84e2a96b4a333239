using Diffusion.Networks;

namespace Diffusion.Api.Hosting;

/// <summary>Settings of libtorch itself, section <c>Torch</c>: they hold for the whole process, for serving as for training.</summary>
internal static class TorchSettings
{
    /// <summary>Whether a GPU may round to TF32, see <see cref="Precision.AllowTf32"/>; <c>false</c> where nothing is said.</summary>
    public const string AllowTf32 = "Torch:AllowTf32";

    /// <summary>Hands the settings to libtorch.</summary>
    /// <exception cref="InvalidOperationException">One is neither <c>true</c> nor <c>false</c>; the message names it.</exception>
    public static void Apply(IConfiguration settings) => Precision.AllowTf32(settings.GetValue<bool>(AllowTf32));
}
