using System.Runtime.InteropServices;
using Diffusion.Training.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// A feature network given as a TorchScript file: images in [-1, 1] as they are, [B, C, H, W], go in, [B, width] comes out. The public
/// file of the 2015 Inception network is known by its digest and called as it wants to be: bytes as 0..255, three channels. Only
/// with it a Fréchet distance is FID (Heusel et al. 2017) and a class score the Inception Score.
/// </summary>
internal sealed class ScriptFeatures : IFeatureNetwork
{
    /// <summary>SHA-256 of <c>inception-2015-12-05.pt</c>, the translation of the original TensorFlow graph that the field measures with.</summary>
    public const string PublicInception = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4";

    private static readonly Scalar Half = 127.5, Low = 0.0, High = 255.0;

    private readonly jit.ScriptModule module;
    private readonly Device device;
    private readonly string name;
    private readonly bool isInception;

    private ScriptFeatures(jit.ScriptModule module, Device device, string name, string digest, bool isInception) =>
        (this.module, this.device, this.name, Digest, this.isInception) = (module, device, name, digest, isInception);

    public string Digest { get; }

    public string Distance => isInception ? "fid" : $"frechet.{name}";

    public string Suffix => isInception ? ".inception" : $".{name}";

    public string Score => isInception ? "inception-score" : "";

    public string Description => $"{name} {Digest}";

    /// <summary>Opens a file. It is code and runs with the rights of the service: only who runs the service names it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="device">Where it shall run.</param>
    /// <param name="inception">The digest that makes it Inception; tests have one of their own.</param>
    /// <exception cref="EvaluationException">It is missing or no TorchScript.</exception>
    public static ScriptFeatures Load(string path, Device device, string inception = PublicInception)
    {
        var digest = DigestOf(path);
        var isInception = digest == inception;
        return new ScriptFeatures(Open(path, device), device, isInception ? "inception" : NameOf(path), digest, isInception);
    }

    /// <summary>SHA-256 of a TorchScript file.</summary>
    /// <exception cref="EvaluationException">It is missing.</exception>
    public static string DigestOf(string path) =>
        File.Exists(path) ? DurableFile.Digest(path).Sha256 : throw new EvaluationException($"The TorchScript file '{path}' is not there.");

    /// <summary>A TorchScript module, in use.</summary>
    /// <exception cref="EvaluationException">It is no TorchScript.</exception>
    public static jit.ScriptModule Open(string path, Device device)
    {
        try
        {
            var module = jit.load(path, device);
            module.eval();
            return module;
        }
        catch (ExternalException wrong)
        {
            throw new EvaluationException($"'{path}' cannot be read as TorchScript: {Start(wrong)}", wrong);
        }
    }

    public Vectors Features(ImageSource images, CancellationToken stop) =>
        images.Run(device, x => isInception ? Call(Bytes(x), true) : Call(x), name, stop);

    // without the bias of the last layer, as the original scores were computed
    public Vectors? Probabilities(ImageSource images, CancellationToken stop) =>
        isInception ? images.Run(device, x => Call(Bytes(x), false, false, true), name, stop) : null;

    public void Dispose() => module.Dispose();

    /// <summary>The name of a file as part of a figure's name.</summary>
    public static string NameOf(string path) =>
        string.Concat(Path.GetFileNameWithoutExtension(path).ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').Take(40));

    /// <summary>The first line of libtorch's own words.</summary>
    public static string Start(Exception failure) => failure.Message.Split('\n', 2)[0];

    // what a picture file would hold, in three channels
    private static Tensor Bytes(Tensor images)
    {
        var bytes = images.mul(Half).add(Half).round().clamp(Low, High);
        return bytes.shape[1] == 1 ? bytes.expand(-1, 3, -1, -1).contiguous() : bytes;
    }

    private Tensor Call(params object[] input)
    {
        try
        {
            return module.forward(input) as Tensor ?? throw new EvaluationException($"{name} does not give one tensor.");
        }
        catch (ExternalException wrong)
        {
            throw new EvaluationException($"{name} cannot be run on these images: {Start(wrong)}", wrong);
        }
    }
}
