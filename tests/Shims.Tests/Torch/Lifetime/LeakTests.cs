using static TorchSharp.torch;

namespace Shims.Tests.Torch.Lifetime;

public sealed class LeakTests
{
    [Fact]
    public void TotalCount_After1000StepsOfTrainingAndSampling_IsWhatItWas()
    {
        using var training = new SmallTraining();
        training.Train();
        GarbageCollection.Settle();
        var start = Tensor.TotalCount;

        for (var i = 0; i < 500; i++)
        {
            training.Train();
            training.Sample();
        }

        Assert.Equal(start, Tensor.TotalCount);
    }
}
