using TorchSharp;

namespace Diffusion.Networks;

/// <summary>Numbers handed to torch on every call: made once, because each implicit one is a native object with a finaliser.</summary>
internal static class Scalars
{
    public static readonly Scalar One = 1.0, MinusOne = -1.0;
}
