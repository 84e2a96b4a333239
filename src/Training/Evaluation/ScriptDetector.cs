using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>
/// A detector given as a TorchScript file: three channels in 0..1 go in. Out comes one confidence an image ([B]), several ([B, K]),
/// or what YOLO gives, [B, 4 + classes, places]: four numbers of a box, then the confidence of each class. Boxes that overlap are
/// not merged, for at least one of them always stays.
/// </summary>
internal sealed class ScriptDetector : IDisposable
{
    private const int BoxNumbers = 4;
    private static readonly Scalar Half = 0.5, Low = 0.0, High = 1.0;

    private readonly jit.ScriptModule module;
    private readonly Device device;
    private readonly string name;
    private readonly int size;

    /// <param name="path">The file; code that runs with the rights of the service.</param>
    /// <param name="size">Side to which images are resized, bilinearly; 0 leaves them as they are.</param>
    /// <param name="device">Where it shall run.</param>
    /// <exception cref="EvaluationException">It is missing or no TorchScript.</exception>
    public ScriptDetector(string path, int size, Device device)
    {
        (this.size, this.device, name) = (size, device, ScriptFeatures.NameOf(path));
        Description = $"{name} {ScriptFeatures.DigestOf(path)}";
        module = ScriptFeatures.Open(path, device);
    }

    /// <summary>The detector and the SHA-256 of its file, for people.</summary>
    public string Description { get; }

    /// <summary>What was found in each image: the confidences.</summary>
    public IReadOnlyList<IReadOnlyList<float>> Confidences(ImageSource images, CancellationToken stop)
    {
        var found = images.Run(device, Find, name, stop);
        return [.. Enumerable.Range(0, images.Count).Select(i => found[i].ToArray().Select(c => (float)c).ToArray())];
    }

    public void Dispose() => module.Dispose();

    private Tensor Find(Tensor images)
    {
        var seen = images.mul(Half).add(Half).clamp(Low, High);
        if (seen.shape[1] == 1) seen = seen.expand(-1, 3, -1, -1).contiguous();
        if (size > 0 && seen.shape[2] != size) seen = nn.functional.interpolate(seen, [size, size], mode: InterpolationMode.Bilinear, align_corners: false);
        try
        {
            var found = module.forward(seen) as Tensor ?? throw new EvaluationException($"{name} does not give one tensor.");
            return found.ndim switch
            {
                1 => found.unsqueeze(1),
                3 when found.shape[1] > BoxNumbers => found.narrow(1, BoxNumbers, found.shape[1] - BoxNumbers).flatten(1),
                _ => found,
            };
        }
        catch (ExternalException wrong)
        {
            throw new EvaluationException($"{name} cannot be run on these images: {ScriptFeatures.Start(wrong)}", wrong);
        }
    }
}
