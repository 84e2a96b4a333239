using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>The memory of a DDDM job may be larger than that of the machine: only the rows in use have to be in it.</summary>
public sealed class TrainingMemoryTests(ITestOutputHelper output) : IDisposable
{
    // the files have a row for each image; the run uses some of them, again and again
    private const int Side = 128, Channels = 3, Images = 1500, Used = 96, Batch = 8, Steps = 20;
    private const long RowBytes = Side * Side * Channels * sizeof(float), TouchedBytes = 2 * Used * RowBytes;

    private static readonly string Job = $$"""
        {
          "name": "wide", "model": "wide", "objective": { "kind": "dddm", "memoryStorage": "float32" },
          "schedule": { "name": "cosine", "steps": 20 },
          "network": { "imageSize": {{Side}}, "channels": {{Channels}}, "modelChannels": 2, "channelMultipliers": [1, 1, 1, 1], "residualBlocks": 1, "headChannels": 2 },
          "data": "wide", "dataImages": {{Used}}, "batch": {{Batch}}, "steps": {{Steps}}, "optimizer": { "learningRate": 0.002 }, "seed": 5
        }
        """;

    // as much room for the garbage collector in either run, whatever the limit
    private static readonly Dictionary<string, string> Environment = new() { ["DOTNET_GCHeapHardLimit"] = "0x8000000", ["DOTNET_GCgen0size"] = "0x1000000" };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [MemoryLimitFact]
    public void Train_WithMemoryFilesLargerThanTheLimit_EndsInTheSameBytes()
    {
        Draw();
        File.WriteAllText(folder["job.json"], Job);
        long room;
        using (var free = MemoryGroup.Open()!)
        {
            Train(free, "free");
            room = free.Peak;
        }
        using var limited = MemoryGroup.Open()!;
        // less than what it takes to keep every row that is used
        limited.Limit = room - TouchedBytes * 3 / 4;
        Train(limited, "limited");
        var files = Memory("limited").Sum(f => new FileInfo(f).Length);
        output.WriteLine($"{files >> 20} MiB of memory files, {TouchedBytes >> 20} MiB of them in use; {room >> 20} MiB without a limit, {limited.Peak >> 20} MiB with one of {limited.Limit >> 20} MiB, reached {limited.Pressed} times");

        Assert.Equal(2 * Images * RowBytes, files);
        Assert.True(files > limited.Limit);
        // the kernel may count a page or two beyond the limit
        Assert.InRange(limited.Peak, 1, room - TouchedBytes / 2);
        Assert.NotEqual(0, limited.Pressed);
        foreach (var (one, other) in Memory("free").Zip(Memory("limited"))) Assert.True(File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other)), other);
        // all but the times of the curve
        Assert.Equal(Version("free").Manifest.Files[CheckpointVersion.WeightsFile], Version("limited").Manifest.Files[CheckpointVersion.WeightsFile]);
        CheckpointStore.Verify(Version("limited"));
    }

    private void Train(MemoryGroup group, string name)
    {
        var (code, said) = group.Start(
            ["dotnet", typeof(Program).Assembly.Location, "train", folder["job.json"], "--data", folder["data"], "--state", folder[name], "--models", folder[$"{name}/models"], "--threads", "1", "--device", "cpu"],
            Environment);
        Assert.True(code == 0, $"{code}: {said}");
    }

    private string[] Memory(string name) => [.. Directory.GetFiles(folder[$"{name}/runs/wide/memory"]).Order(StringComparer.Ordinal)];

    private CheckpointVersion Version(string name) => new CheckpointStore(folder[$"{name}/models"], TimeProvider.System).Find("wide")!;

    private void Draw()
    {
        Directory.CreateDirectory(folder["data"]);
        var pixels = new byte[Images * Side * Side * Channels];
        new Random(3).NextBytes(pixels.AsSpan(0, Used * Side * Side * Channels));
        ImageSetWriter.Write(folder["data"], new ImageSetManifest
        {
            Name = "wide",
            Channels = Channels,
            Height = Side,
            Width = Side,
            Classes = [],
            Splits = new Dictionary<string, int>(),
            Source = "drawn",
            Terms = "none",
            Files = new Dictionary<string, FileDigest>(),
        }, [new ImageSplit("train", pixels, new byte[Images])]);
    }
}
