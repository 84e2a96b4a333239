using System.Runtime.InteropServices;
using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Jobs;
using Diffusion.Training.Runs;

namespace Diffusion.Training.Tests.Runs;

public sealed class WeightAverageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CheckpointStore store;

    public WeightAverageTests()
    {
        TinySet.Write(folder["data"]);
        store = new CheckpointStore(folder["models"], TimeProvider.System);
        Train(TinyJob.Ddpm, seed: 5);
        Train(TinyJob.Ddpm, seed: 6);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Publish_IsTheWeightedMeanOfEveryParameter()
    {
        var mean = WeightAverage.Publish(store, "tiny-model", [(1, 1), (2, 3)], CancellationToken.None);
        Assert.Equal((3, new ParentReference("tiny-model", 2)), (mean.Manifest.Version, mean.Manifest.Parent));
        CheckpointStore.Verify(mean);
        using var one = Open(1);
        using var two = Open(2);
        using var three = Open(3);
        Assert.Equal(one.Tensors.Keys.Order(), three.Tensors.Keys.Order());
        foreach (var name in one.Tensors.Keys)
        {
            var (a, b) = (Values(one, name), Values(two, name));
            Assert.Equal(a.Zip(b, (x, y) => (float)(0.25 * x + 0.75 * y)), Values(three, name));
        }
        Assert.NotEqual(Values(one, one.Tensors.Keys.First()), Values(two, one.Tensors.Keys.First()));
    }

    [Fact]
    public void Publish_VersionThatIsNotThere_IsNamed() =>
        Assert.Contains("no version 9", Assert.Throws<TrainingJobException>(() => WeightAverage.Publish(store, "tiny-model", [(1, 1), (9, 1)], CancellationToken.None)).Message, StringComparison.Ordinal);

    [Fact]
    public void Publish_OtherPrediction_IsRefused()
    {
        Train(""" "kind": "ddpm", "prediction": "v" """, seed: 5);
        Assert.Contains("differs from version", Assert.Throws<TrainingJobException>(() => WeightAverage.Publish(store, "tiny-model", [(1, 1), (3, 1)], CancellationToken.None)).Message, StringComparison.Ordinal);
        Assert.Equal([1, 2, 3], store.Versions("tiny-model"));
    }

    private void Train(string objective, int seed)
    {
        var job = Encoding.UTF8.GetString(TinyJob.File(objective, steps: 4)).Replace("\"seed\": 11", $"\"seed\": {seed}", StringComparison.Ordinal);
        // a state folder a run: another job of the same name would go on with the first
        var options = new TrainingOptions { Data = folder["data"], State = folder[$"state-{store.Versions("tiny-model").Count}"], Models = folder["models"], Threads = 1 };
        new TrainingRun(Encoding.UTF8.GetBytes(job), options, store, TimeProvider.System).Execute(CancellationToken.None);
    }

    private SafeTensorFile Open(int version) => SafeTensorFile.Open(store.Find("tiny-model", $"{version}")!.PathOf(CheckpointVersion.WeightsFile));

    private static float[] Values(SafeTensorFile file, string name) => MemoryMarshal.Cast<byte, float>(file.Read(name)).ToArray();
}
