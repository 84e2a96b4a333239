using System.Runtime.InteropServices;

namespace SixLabors.ImageSharp.Formats;

/// <summary>A codec library of the system, looked for when first needed.</summary>
internal sealed class NativeCodec(string format, string file, string package)
{
    private readonly Lazy<bool> present = new(() => NativeLibrary.TryLoad(file, out _));

    /// <exception cref="DllNotFoundException">The library is not installed; the message says which package has it.</exception>
    public void Require()
    {
        if (!present.Value) throw new DllNotFoundException($"{format} needs {file}, which is not installed: apt-get install {package}");
    }
}
