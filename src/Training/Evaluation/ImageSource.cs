using Diffusion.Training.Data;
using static TorchSharp.torch;

namespace Diffusion.Training.Evaluation;

/// <summary>Many images of one shape in [-1, 1], read a batch at a time.</summary>
/// <param name="Count">How many.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Read">Writes the planes of the images from a number on into what it is given, as many as fit.</param>
internal sealed record ImageSource(int Count, int Channels, int Height, int Width, Action<int, float[]> Read)
{
    private const int Batch = 200;

    public int Pixels => Channels * Height * Width;

    /// <summary>Some images of a set.</summary>
    public static ImageSource Of(ImageSet set, IReadOnlyList<int> images)
    {
        var shape = set.Manifest;
        return new ImageSource(images.Count, shape.Channels, shape.Height, shape.Width, (first, into) =>
        {
            for (var i = 0; i < into.Length / set.Pixels; i++) set.Read(images[first + i], into.AsSpan(i * set.Pixels, set.Pixels));
        });
    }

    /// <summary>All images of a set.</summary>
    public static ImageSource Of(ImageSet set) => Of(set, [.. Enumerable.Range(0, set.Count)]);

    /// <summary>Square images in memory.</summary>
    public static ImageSource Of(float[] images, int channels, int size)
    {
        var pixels = channels * size * size;
        return new ImageSource(images.Length / pixels, channels, size, size, (first, into) => images.AsSpan(first * pixels, into.Length).CopyTo(into));
    }

    /// <summary>Runs a network over all of it; the vectors must be [B, width].</summary>
    /// <exception cref="EvaluationException">They are not.</exception>
    public Vectors Run(Device device, Func<Tensor, Tensor> network, string name, CancellationToken stop)
    {
        double[] vectors = [];
        var width = 0;
        for (var first = 0; first < Count; first += Batch)
        {
            stop.ThrowIfCancellationRequested();
            var pixels = new float[Math.Min(Batch, Count - first) * Pixels];
            Read(first, pixels);
            using var off = no_grad();
            using var scope = NewDisposeScope();
            var found = network(tensor(pixels, [pixels.Length / Pixels, Channels, Height, Width]).to(device));
            if (found.ndim != 2 || found.shape[0] != pixels.Length / Pixels)
                throw new EvaluationException($"{name} gives [{string.Join(", ", found.shape)}] for {pixels.Length / Pixels} images; it must give a vector for each, [B, width].");
            if (first == 0) (width, vectors) = ((int)found.shape[1], new double[(long)Count * found.shape[1]]);
            using var numbers = found.to_type(ScalarType.Float64).cpu().contiguous().data<double>();
            numbers.ToArray().CopyTo(vectors, (long)first * width);
        }
        return new Vectors(vectors, Math.Max(1, width));
    }
}
