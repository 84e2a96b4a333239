using static TorchSharp.torch;

namespace Shims.Tests.Torch.Lifetime;

/// <summary>A second thread collects garbage without pause while this one trains and samples. A wrapper that may be finalized
/// while its native call runs fails here within seconds; the package itself does, hence the trait.</summary>
[Trait("Torch", "system")]
public sealed class GarbageCollectionStormTests
{
    private const int Collections = 10_000;
    private const int Steps = 5;

    [Fact]
    public void TrainingAndSampling_Under10000ForcedCollections_EqualAQuietRunBitForBit()
    {
        GarbageCollection.Settle();
        var start = Tensor.TotalCount;
        var quiet = Run();
        var rounds = 0;
        using (var storm = new Storm())
        {
            do
            {
                Assert.Equal(quiet, Run());
                rounds++;
            }
            while (storm.Count < Collections);
        }

        Assert.True(rounds > 0);
        GarbageCollection.Settle();
        Assert.Equal(start, Tensor.TotalCount);
    }

    private static List<float> Run()
    {
        using var training = new SmallTraining();
        var results = new List<float>();
        for (var i = 0; i < Steps; i++)
        {
            results.Add(training.Train());
            results.Add(training.Sample());
            for (var k = 0; k < 10; k++) results.Add(training.Unscoped());
        }

        return results;
    }

    private sealed class Storm : IDisposable
    {
        private readonly Thread thread;
        private volatile bool over;
        private int count;

        public Storm()
        {
            thread = new Thread(Rage);
            thread.Start();
        }

        public int Count => Volatile.Read(ref count);

        public void Dispose()
        {
            over = true;
            thread.Join();
        }

        private void Rage()
        {
            while (!over)
            {
                GC.KeepAlive(new byte[256]);
                // a different moment of the other thread's work each time, and time for it to get on
                Thread.SpinWait(Count % 97 * 100);
                GC.Collect(Count % 50 == 49 ? 2 : 0, GCCollectionMode.Forced, blocking: true);
                Interlocked.Increment(ref count);
            }
        }
    }
}
