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
        const int rows = 200_000, t = 101;
        const double variance = 0.25;
        var schedule = Schedules.LinearSchedule.Raw(1000);
        using var memory = Open(rows, 1, MemoryStorage.Float16);
        var (clean, noise, bars, noisy, bar) = (new float[rows], new float[1], new float[rows], new float[rows], new float[1]);
        for (var i = 0; i < rows; i++)
        {
            SeededNoise.Normal(1, (uint)i, 0, NoisePurpose.Start, noise);
            clean[i] = noise[0] * (float)Math.Sqrt(variance);
        }
        for (var epoch = 0; epoch < 5; epoch++)
        {
            for (var i = 0; i < rows; i++)
            {
                SeededNoise.Normal(2, (uint)i, (uint)epoch, NoisePurpose.TrainingNoise, noise);
                noisy[i] = (float)(schedule.Alpha(t) * clean[i] + schedule.Sigma(t) * noise[0]);
                memory.Read(i, epoch, bar);
                bars[i] = bar[0];
            }
            var (onMemory, onNoisy) = LeastSquares.Of(bars, noisy, clean);
            var n = epoch + 1;
            var snr = schedule.SignalToNoise(t);
            var precision = 1 / variance + n * snr;
            if (n == 1) Near.Absolute(0, onMemory, 0.01, "first weight on the memory");
            else Near.Relative((precision - snr) / precision, onMemory, 0.01, $"weight on the memory in epoch {n}");
            Near.Relative(snr / schedule.Alpha(t) / precision, onNoisy, n == 1 ? 0.01 : 0.02, $"weight on x_t in epoch {n}");
            for (var i = 0; i < rows; i++) memory.Write(i, epoch, [(float)(onMemory * bars[i] + onNoisy * noisy[i])]);
        }
    }

    private SampleMemory Open(int rows, int pixels, MemoryStorage storage = MemoryStorage.UInt8) => new(folder.Path, rows, pixels, storage, seed: 5);
}
