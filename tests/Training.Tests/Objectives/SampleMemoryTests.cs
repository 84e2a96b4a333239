using Diffusion.Noise;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Objectives;

namespace Diffusion.Training.Tests.Objectives;

public sealed class SampleMemoryTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Read_FirstEpoch_IsNoiseOfItsOwnRow()
    {
        using var memory = Open(3, 64);
        var (first, second, expected) = (new float[64], new float[64], new float[64]);
        memory.Read(0, 0, first);
        memory.Read(1, 0, second);
        SeededNoise.Normal(5, 1, 0, NoisePurpose.Memory, expected);
        Assert.Equal(expected, second);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(0, 1.0 / 255)]
    [InlineData(1, 5e-4)]
    [InlineData(2, 0)]
    public void Write_OneEpoch_IsReadInTheNext(int storage, double tolerance)
    {
        using var memory = Open(3, 4, (MemoryStorage)storage);
        memory.Write(2, 0, [-1f, -0.3f, 0.2501f, 1f]);
        var row = new float[4];
        memory.Read(2, 1, row);
        Assert.Equal([-1f, -0.3f, 0.2501f, 1f], row, (a, b) => Math.Abs(a - b) <= tolerance);
    }

    /// <summary>One memory of CIFAR-10 in float32 is the 614 MB of the paper; two take turns here.</summary>
    [Theory]
    [InlineData(0, 307_200_000)]
    [InlineData(1, 614_400_000)]
    [InlineData(2, 1_228_800_000)]
    public void Bytes_OfBothFiles_AreToldBeforehand(int storage, long bytes) =>
        Assert.Equal(bytes, SampleMemory.Bytes((MemoryStorage)storage, 50_000, 3 * 32 * 32));

    /// <summary>One of ImageNet-64 is 62.97 GB in float32, and 31.49 GB, or 29.3 GiB, in float16.</summary>
    [Theory]
    [InlineData(1, 31_485_960_192)]
    [InlineData(2, 62_971_920_384)]
    public void Bytes_OfImageNet64_AreMoreThanAnInt(int storage, long bytes)
    {
        Assert.Equal(2 * bytes, SampleMemory.Bytes((MemoryStorage)storage, 1_281_167, 3 * 64 * 64));
        if (storage == 1) Assert.Equal(29.3, bytes / Math.Pow(1024, 3), 1);
    }

    [Fact]
    public void Write_DuringAnEpoch_DoesNotChangeWhatTheEpochReads()
    {
        using var memory = Open(2, 2);
        memory.Write(0, 0, [1f, 1f]);
        memory.Write(0, 1, [-1f, -1f]);
        var row = new float[2];
        memory.Read(0, 1, row);
        Assert.Equal([1f, 1f], row);
        memory.Read(0, 2, row);
        Assert.Equal([-1f, -1f], row);
    }

    [Fact]
    public void Write_OneRow_LeavesTheOthers()
    {
        using var memory = Open(3, 2);
        foreach (var row in new[] { 0, 1, 2 }) memory.Write(row, 0, [0.2f * row, 1f]);
        memory.Write(1, 2, [-1f, -1f]);
        var read = new float[2];
        memory.Read(0, 1, read);
        Assert.Equal([0f, 1f], read, (a, b) => Math.Abs(a - b) < 0.01f);
        memory.Read(2, 1, read);
        Assert.Equal([0.4f, 1f], read, (a, b) => Math.Abs(a - b) < 0.01f);
    }

    [Fact]
    public void Write_UInt8_ClipsToTheImageRange()
    {
        using var memory = Open(1, 2);
        memory.Write(0, 0, [-3f, 7f]);
        var row = new float[2];
        memory.Read(0, 1, row);
        Assert.Equal([-1f, 1f], row);
    }

    [Fact]
    public void Open_Again_RemembersWhatWasFlushed()
    {
        using (var memory = Open(2, 2))
        {
            memory.Write(1, 0, [1f, -1f]);
            memory.Flush();
        }
        using var reopened = Open(2, 2);
        var row = new float[2];
        reopened.Read(1, 1, row);
        Assert.Equal([1f, -1f], row);
    }

    [Fact]
    public void Open_FilesOfAnotherRun_AreRefused()
    {
        Open(2, 2).Dispose();
        Assert.Throws<IOException>(() => Open(3, 2));
    }

    /// <summary>
    /// At a fixed t with a linear network the memory gathers independent looks at the same x0: precision
    /// P_n = 1/s2 + n SNR, weights (P_(n-1) x0bar + SNR x_t/alpha) / P_n, and in the first epoch none on the memory.
    /// </summary>
    [Fact]
    public void Epochs_OfTheBestLinearNetwork_FollowTheGaussianRecursion()
    {
        const int rows = 2000, t = 101;
        const double variance = 0.25;
        var known = new Dictionary<int, double> { [2] = 0.594907, [5] = 0.817137, [10] = 0.904476, [100] = 0.990047 };
        var schedule = Schedules.LinearSchedule.Raw(1000);
        using var memory = Open(rows, 1, MemoryStorage.Float32);
        var (bars, noisy) = (memory.Shown(rows, 0), new float[rows]);
        var clean = LeastSquares.Independent(ScalarRows.Normal(rows, 1, 0), variance, bars);
        for (var n = 1; n <= 100; n++)
        {
            bars = memory.Shown(rows, n - 1);
            var noise = LeastSquares.Independent(ScalarRows.Normal(rows, 2, n), 1, clean, bars);
            for (var i = 0; i < rows; i++) noisy[i] = (float)(schedule.Alpha(t) * clean[i] + schedule.Sigma(t) * noise[i]);
            var (onMemory, onNoisy) = LeastSquares.Of(bars, noisy, clean);
            var snr = schedule.SignalToNoise(t);
            var precision = 1 / variance + n * snr;
            Near.Absolute(n == 1 ? 0 : (precision - snr) / precision, onMemory, 1e-6, $"weight on the memory in epoch {n}");
            Near.Relative(snr / schedule.Alpha(t) / precision, onNoisy, 1e-4, $"weight on x_t in epoch {n}");
            if (known.TryGetValue(n, out var weight)) Near.Absolute(weight, onMemory, 2e-6, $"the known weight in epoch {n}");
            for (var i = 0; i < rows; i++) memory.Write(i, n - 1, [(float)(onMemory * bars[i] + onNoisy * noisy[i])]);
        }
    }

    /// <summary>At random times of the linear schedule: the median over images of 1 / (1/s2 + sum of SNR) that is left of the variance after n looks.</summary>
    [Theory]
    [InlineData(1, 0.2448, 1e-3)]
    [InlineData(5, 0.0928, 0.02)]
    [InlineData(10, 0.0312, 0.02)]
    [InlineData(50, 0.00183, 0.02)]
    public void Epochs_AtRandomTimes_LeaveTheKnownVarianceOfTheMedianImage(int epochs, double median, double tolerance)
    {
        const int images = 100_000;
        var schedule = Schedules.LinearSchedule.Raw(1000);
        double[] ratios = [.. Enumerable.Range(1, 1000).Select(schedule.SignalToNoise)];
        var (left, random) = (new double[images], new Random(7));
        for (var i = 0; i < images; i++)
        {
            var precision = 1 / 0.25;
            for (var n = 0; n < epochs; n++) precision += ratios[random.Next(ratios.Length)];
            left[i] = 1 / precision;
        }
        Array.Sort(left);
        Near.Relative(median, left[images / 2], tolerance);
    }

    private SampleMemory Open(int rows, int pixels, MemoryStorage storage = MemoryStorage.UInt8) => new(folder.Path, rows, pixels, storage, seed: 5);
}
