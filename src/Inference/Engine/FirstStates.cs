using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Noise;

namespace Diffusion.Inference.Engine;

/// <summary>The states that the pictures of a request begin with: noise, images, given states, and what lies between two of them.</summary>
internal sealed class FirstStates(Course course, PictureShape shape)
{
    private readonly Dictionary<int, State> ends = [];

    private sealed record State(float[] X, float[] Memory);

    private int Last => course.Starts.Count - 1;

    /// <summary>Writes x and, for a network with a memory, h, both [C, H, W]; without one <paramref name="memory"/> is empty.</summary>
    public void Fill(int picture, Span<float> x, Span<float> memory)
    {
        switch (course.Starts[picture])
        {
            case SeedStart start:
                NoiseRows.Start(start.Seed, start.Picture, course.Table.StartScale, x);
                NoiseRows.Memory(start.Seed, start.Picture, memory);
                break;
            case ImageStart start:
                Pixels.Separate(start.Pixels, shape.Channels, x);
                break;
            case LatentStart start:
                start.Values.CopyTo(x);
                break;
            default:
                var (from, to) = (End(0, memory.Length), End(Last, memory.Length));
                course.Path.Between(from.X, to.X, course.Position(picture), x);
                course.Path.Between(from.Memory, to.Memory, course.Position(picture), memory);
                break;
        }
    }

    /// <summary>Takes the x_T that the way up gave an end; true when no end is missing any more.</summary>
    public bool Reached(int picture, float[] x)
    {
        // an image ends in x alone: models with a memory are not inverted
        ends[picture] = new State(x, []);
        return Has(0) && Has(Last);

        bool Has(int end) => ends.ContainsKey(end) || !course.IsEnd(end);
    }

    private State End(int picture, int memory)
    {
        if (ends.TryGetValue(picture, out var known)) return known;
        var state = new State(new float[shape.Values], new float[memory]);
        Fill(picture, state.X, state.Memory);
        return ends[picture] = state;
    }
}
