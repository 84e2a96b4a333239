using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Training.Data;
using Diffusion.Training.Files;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// The references that were computed, on the disk: one for a version of an image set, a split and a feature network, named by the
/// digests of all three. Each is written aside, renamed, and believed only while it has the digest that was noted then.
/// </summary>
/// <param name="folder">Where they are kept.</param>
internal sealed class ReferenceCache(string folder)
{
    /// <summary>How many are kept; the one made longest ago goes first.</summary>
    public const int Most = 32;

    private const string CountKey = "images", WidthKey = "width";

    /// <summary>Where the service and the commands keep them.</summary>
    public static ReferenceCache In(TrainingOptions options) => new(Path.Combine(options.State, "references"));

    /// <summary>The reference of a split, from the disk if it is there and whole.</summary>
    /// <exception cref="EvaluationException">The network cannot be run on the images.</exception>
    public Reference Get(ImageSet split, string splitName, IFeatureNetwork network, CancellationToken stop)
    {
        var path = Path.Combine(folder, $"{KeyOf(split, splitName, network)}.safetensors");
        if (Read(path) is { } known) return known;
        var reference = Compute(split, network, stop);
        Write(path, reference);
        return reference;
    }

    private static string KeyOf(ImageSet split, string splitName, IFeatureNetwork network) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{split.Reference.Sha256} {splitName} {network.Digest} {network.Distance}")))[..32];

    private static Reference Compute(ImageSet split, IFeatureNetwork network, CancellationToken stop)
    {
        var classes = split.Manifest.Classes.Count;
        var turns = LabelTurns.Choose(split, Math.Min(split.Count, Reference.MostFeatures), classes == 0 ? null : classes);
        var all = network.Features(ImageSource.Of(split), stop);
        var chosen = new double[(long)turns.Length * all.Width];
        for (var i = 0; i < turns.Length; i++) all[turns[i]].CopyTo(chosen.AsSpan(i * all.Width));
        return new Reference(new GaussianFit(all.Values, all.Width), new Vectors(chosen, all.Width), split.Count);
    }

    private static Reference? Read(string path)
    {
        if (!File.Exists(path) || !File.Exists(NoteOf(path)) || File.ReadAllText(NoteOf(path)) != DurableFile.Digest(path).Sha256) return null;
        using var file = SafeTensorFile.Open(path);
        var (width, count) = (int.Parse(file.Metadata[WidthKey], CultureInfo.InvariantCulture), int.Parse(file.Metadata[CountKey], CultureInfo.InvariantCulture));
        var covariance = new double[width, width];
        Buffer.BlockCopy(file.Read("covariance"), 0, covariance, 0, width * width * sizeof(double));
        return new Reference(new GaussianFit(Numbers(file.Read("mean")), covariance), new Vectors(Numbers(file.Read("features")), width), count);
    }

    private void Write(string path, Reference reference)
    {
        Directory.CreateDirectory(folder);
        var width = reference.Features.Width;
        var covariance = new byte[width * width * sizeof(double)];
        Buffer.BlockCopy(reference.Fit.Covariance, 0, covariance, 0, covariance.Length);
        SafeTensor[] tensors =
        [
            new("mean", DType.F64, [width], Bytes(reference.Fit.Mean)),
            new("covariance", DType.F64, [width, width], covariance),
            new("features", DType.F64, [reference.Features.Count, width], Bytes(reference.Features.Values)),
        ];
        var metadata = new Dictionary<string, string>
        {
            [WidthKey] = width.ToString(CultureInfo.InvariantCulture),
            [CountKey] = reference.Count.ToString(CultureInfo.InvariantCulture),
        };
        // the note last: a reference without one is computed again
        File.Delete(NoteOf(path));
        DurableFile.Write(path, stream => SafeTensors.Write(stream, tensors, metadata));
        DurableFile.Write(NoteOf(path), Encoding.ASCII.GetBytes(DurableFile.Digest(path).Sha256));
        foreach (var old in Directory.GetFiles(folder, "*.safetensors").OrderByDescending(File.GetLastWriteTimeUtc).Skip(Most))
        {
            File.Delete(NoteOf(old));
            File.Delete(old);
        }
    }

    private static string NoteOf(string path) => Path.ChangeExtension(path, ".sha256");

    private static double[] Numbers(byte[] bytes) => MemoryMarshal.Cast<byte, double>(bytes).ToArray();

    private static byte[] Bytes(double[] numbers) => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
}
