using Diffusion.Inference.Jobs;
using Diffusion.Noise;
using Diffusion.Samplers;
using static Diffusion.Imaging.Pixels;

namespace Diffusion.Inference.Tests.Engine;

/// <summary>Pictures that begin at images, at given states and between them, as rows of the one engine.</summary>
public sealed class StartTests : IDisposable
{
    private const float OnePixelValue = 1f / 255;
    private const int Steps = 6;

    // the way up divides by small sigmas, so that float32 in the engine and float64 here part a little further
    private const float Rounding = 1e-3f;

    // and a way down with guidance, or from another way up, spreads that: 0.014 was seen on a CPU with AVX-512
    private const float Spread = 20 * Rounding;

    private readonly Rig rig = new(("MaxBatchRows", 16));

    private static GenerationRequest Inversion(params int[] images) => new()
    {
        Kind = GenerationKind.Inversion,
        Model = Rig.Labelled,
        Steps = Steps,
        Labels = [3],
        Starts = [.. images.Select(Image)],
        Count = images.Length,
    };

    private static GenerationRequest Interpolation(PictureStart from, PictureStart to, int count = 5) => new()
    {
        Kind = GenerationKind.Interpolation,
        Model = Rig.Labelled,
        Sampler = "ddim",
        Steps = Steps,
        Labels = [3],
        Starts = [from, to],
        Count = count,
    };

    [Theory]
    [InlineData(Rig.Labelled, "ddim")]
    [InlineData(Rig.Labelled, "dpmpp-2m")]
    [InlineData(Rig.Memory, "dddm")]
    public void Interpolate_Seeds_EndsAreThePlainPicturesBitForBit(string model, string sampler)
    {
        var request = Interpolation(new SeedStart(5), new SeedStart(9, 4)) with { Model = model, Sampler = sampler };
        var frames = rig.Run(request);
        // the same rows at the same places of a batch of the same size
        var (first, last) = (rig.Run(Plain(request, 5)), rig.Run(Plain(request, 9)));
        Assert.Equal(Rig.Picture(first, 0), Rig.Picture(frames, 0));
        Assert.Equal(Rig.Picture(last, 4), Rig.Picture(frames, 4));
        Assert.NotInRange(Rig.Distance(Rig.Picture(frames, 0), Rig.Picture(frames, 2)), 0, OnePixelValue);
    }

    [Theory]
    [InlineData(NoisePath.Slerp)]
    [InlineData(NoisePath.Lerp)]
    public void Interpolate_Seeds_FramesAreTheDecodedStatesBetween(NoisePath path)
    {
        var frames = rig.Run(Interpolation(new SeedStart(5), new SeedStart(9)) with { Path = path, Guidance = 2 });
        for (var k = 0; k < 5; k++)
        {
            var expected = Decoded(Between(path, Normal(5), Normal(9), k / 4.0), guidance: 2);
            Assert.InRange(Rig.Distance(expected, Rig.Picture(frames, k)), 0, Rounding);
        }
    }

    [Fact]
    public void Interpolate_MemoryModel_MemoriesGoTheSameWay()
    {
        var request = Interpolation(new SeedStart(5), new SeedStart(5)) with { Model = Rig.Memory, Sampler = "dddm" };
        var frames = rig.Run(request);
        // one seed at both ends: x_T and memory stay what they are, so all frames are its picture
        for (var k = 0; k < 5; k++) Assert.InRange(Rig.Distance(Rig.Picture(frames, 0), Rig.Picture(frames, k)), 0, OnePixelValue / 4);
    }

    [Fact]
    public void Invert_Images_EqualsTheSequentialInterpreter()
    {
        var result = rig.Run(Inversion(1, 2, 3));
        for (var i = 0; i < 3; i++) Assert.InRange(Rig.Distance(Array.ConvertAll(Inverted(Image(i + 1)), v => (float)v), Rig.Picture(result, i)), 0, Rounding);
    }

    [Fact]
    public void Reconstruct_Images_EqualsTheWayUpAndDown()
    {
        var result = rig.Run(Inversion(1, 2) with { Kind = GenerationKind.Reconstruction });
        for (var i = 0; i < 2; i++) Assert.InRange(Rig.Distance(Decoded(Inverted(Image(i + 1))), Rig.Picture(result, i)), 0, Rounding);
    }

    [Fact]
    public void Interpolate_Images_DecodesWhatLiesBetweenTheirInversions()
    {
        var generation = rig.Submit(Interpolation(Image(1), Image(2)) with { Guidance = 2 });
        // 2 images go up alone and down in pairs, 3 frames go down in pairs
        Assert.Equal(2 * Steps + 2 * 5 * Steps, rig.Service.Snapshot().RowsWaiting);
        var evaluations = 0;
        rig.Engine.BeforeForward = rows => evaluations += rows.Count + rows.Count(r => r.IsGuided);
        rig.RunAll();
        Assert.Equal((72, 0L, 0), (evaluations, rig.Service.Snapshot().RowsWaiting, rig.Engine.UsedSlots));
        var (from, to) = (Inverted(Image(1)), Inverted(Image(2)));
        for (var k = 0; k < 5; k++)
        {
            var expected = Decoded(Between(NoisePath.Slerp, from, to, k / 4.0), guidance: 2);
            Assert.InRange(Rig.Distance(expected, Rig.Picture(Rig.Result(generation), k)), 0, Spread);
        }
    }

    [Fact]
    public void Interpolate_ImageAndSeed_GoesFromOneToTheOther()
    {
        var result = rig.Run(Interpolation(Image(1), new SeedStart(9)));
        var from = Inverted(Image(1));
        for (var k = 0; k < 5; k++) Assert.InRange(Rig.Distance(Decoded(Between(NoisePath.Slerp, from, Normal(9), k / 4.0)), Rig.Picture(result, k)), 0, Spread);
    }

    [Fact]
    public void Interpolate_FromAnInversion_EqualsFromItsImage()
    {
        var inverted = rig.Run(Inversion(1, 2));
        var starts = Enumerable.Range(0, 2).Select(i => LatentStart.Of(Rig.Picture(inverted, i), time: 100, $"{Rig.Labelled}@1")).ToArray();
        var frames = rig.Run(Interpolation(starts[0], starts[1]));
        Assert.InRange(Rig.Distance(rig.Run(Interpolation(Image(1), Image(2))).Values, frames.Values), 0, OnePixelValue);
    }

    [Fact]
    public void Run_MixedWithOthers_EqualsEachAlone()
    {
        GenerationRequest[] requests =
        [
            Interpolation(Image(1), Image(2), count: 6),
            new() { Model = Rig.Labelled, Sampler = "ddpm", Steps = 20, Seed = 2, Count = 64 },
            Inversion(4),
            Interpolation(new SeedStart(1), Image(5), count: 2) with { Guidance = 3 },
            Inversion(6, 7) with { Kind = GenerationKind.Reconstruction },
        ];
        var together = requests.Select(rig.Submit).ToArray();
        rig.RunAll();
        for (var i = 0; i < requests.Length; i++)
            Assert.InRange(Rig.Distance(rig.Run(requests[i]).Values, Rig.Result(together[i]).Values), 0, requests[i].Starts.Count == 0 ? OnePixelValue : Spread);
    }

    [Fact]
    public void Cancel_WhileFramesWaitForTheirEnds_LeavesNothing()
    {
        var generation = rig.Submit(Interpolation(Image(1), Image(2)));
        for (var tick = 0; tick < 3; tick++) rig.Engine.Tick();
        generation.Cancel();
        rig.RunAll();
        Assert.Equal(GenerationState.Canceled, generation.State);
        Assert.Equal((0L, 0, true), (rig.Service.Snapshot().RowsWaiting, rig.Engine.UsedSlots, rig.Engine.IsIdle));
    }

    [Fact]
    public async Task Watch_Reconstruction_SeesTheImageBecomeNoiseAndAnImageAgain()
    {
        var generation = rig.Submit(Inversion(1) with { Kind = GenerationKind.Reconstruction });
        await using var reader = generation.WatchAsync(new FrameOptions()).GetAsyncEnumerator();
        var times = new List<int>();
        await reader.MoveNextAsync();
        for (var tick = 0; tick < 2 * Steps; tick++)
        {
            rig.Engine.Tick();
            do Assert.True(await reader.MoveNextAsync());
            while (reader.Current is not FrameEvent);
            times.Add(((FrameEvent)reader.Current).TimeIndex);
        }
        Assert.Equal([0, 16, 32, 49, 66, 82, 99, 82, 66, 49, 32, 16], times);
    }

    public void Dispose() => rig.Dispose();

    private static ImageStart Image(int seed) => new(Array.ConvertAll(Normal((ulong)seed), v => ToByte((float)v / 3)));

    private static GenerationRequest Plain(GenerationRequest like, ulong seed) => like with { Kind = GenerationKind.Generation, Starts = [], Seed = seed };

    private static double[] Normal(ulong seed)
    {
        var values = new float[64];
        SeededNoise.Normal(seed, 0, 0, NoisePurpose.Start, values);
        return Array.ConvertAll(values, v => (double)v);
    }

    private static double[] Between(NoisePath path, double[] a, double[] b, double u)
    {
        var values = new float[a.Length];
        path.Between(Array.ConvertAll(a, v => (float)v), Array.ConvertAll(b, v => (float)v), u, values);
        return Array.ConvertAll(values, v => (double)v);
    }

    private double[] Inverted(ImageStart image)
    {
        var clean = Array.ConvertAll(image.Pixels, p => (double)ToFloat(p));
        return SequentialSampler.From(rig.Labels, DdimInversion.Compile(rig.Labels.Manifest.Traits, Options()), clean, label: 3);
    }

    private float[] Decoded(double[] latent, double guidance = 1)
    {
        var table = SamplerCatalog.Find("ddim")!.Compile(rig.Labels.Manifest.Traits, Options());
        return Array.ConvertAll(SequentialSampler.From(rig.Labels, table, latent, label: 3, guidance: guidance), v => (float)v);
    }

    private static SamplingOptions Options() => new(SamplerCatalog.Find("ddim")!, Steps);
}
