using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Training.Files;

namespace Diffusion.Training.EvaluationJobs;

/// <summary>
/// The pictures of the point under way: each lot that was drawn is a file, written aside and renamed, so that a service that is
/// started again asks only for those that are missing.
/// </summary>
internal sealed class SampleChunks
{
    private readonly string folder;
    private readonly int pixels;

    /// <param name="folder">Where they are; made if it is not there.</param>
    /// <param name="samples">How many pictures there shall be.</param>
    /// <param name="pixels">Numbers in a picture.</param>
    public SampleChunks(string folder, int samples, int pixels)
    {
        (this.folder, this.pixels) = (folder, pixels);
        Values = new float[(long)samples * pixels];
        Directory.CreateDirectory(folder);
        foreach (var left in Directory.EnumerateFiles(folder, "*.tmp")) File.Delete(left);
        while (File.Exists(PathOf(Done)) && Read(PathOf(Done)) is { Length: > 0 } lot && lot.Length % pixels == 0 && lot.Length <= Values.Length - Done * pixels)
        {
            lot.CopyTo(Values, Done * pixels);
            Done += lot.Length / pixels;
        }
    }

    /// <summary>All pictures, as many as <see cref="Done"/> of them drawn.</summary>
    public float[] Values { get; }

    /// <summary>Pictures that are drawn.</summary>
    public int Done { get; private set; }

    public void Add(float[] lot)
    {
        DurableFile.Write(PathOf(Done), MemoryMarshal.AsBytes(lot.AsSpan()).ToArray());
        lot.CopyTo(Values, Done * pixels);
        Done += lot.Length / pixels;
    }

    private string PathOf(int first) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{first:D8}.f32"));

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
