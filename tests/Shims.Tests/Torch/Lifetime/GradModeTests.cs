using static TorchSharp.torch;

namespace Shims.Tests.Torch.Lifetime;

public sealed class GradModeTests
{
    [Fact]
    public void GradMode_ByDefault_IsEnabled()
    {
        Assert.True(is_grad_enabled());
        Assert.False(is_inference_mode_enabled());
    }

    [Fact]
    public void NoGrad_AroundAnOperation_RecordsNoGraph()
    {
        using var scope = NewDisposeScope();
        var a = ones(2, requires_grad: true);
        Tensor free;
        using (no_grad()) free = a * 2;

        Assert.False(free.requires_grad);
        Assert.True((a * 2).requires_grad);
    }

    [Fact]
    public void Modes_Nested_RestoreWhatTheyFound()
    {
        using (no_grad())
        {
            using (enable_grad())
            {
                using (set_grad_enabled(false)) Assert.False(is_grad_enabled());
                Assert.True(is_grad_enabled());
            }

            Assert.False(is_grad_enabled());
            using (enable_grad(false)) Assert.False(is_grad_enabled());
            Assert.False(is_grad_enabled());
        }

        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void NoGrad_LeftByAnException_IsUndone()
    {
        Action failing = () =>
        {
            using var mode = no_grad();
            throw new InvalidOperationException();
        };

        Assert.Throws<InvalidOperationException>(failing);

        Assert.True(is_grad_enabled());
    }

    [Fact]
    public void InferenceMode_AroundAnOperation_MakesInferenceTensorsAndEnds()
    {
        using var scope = NewDisposeScope();
        var a = ones(2, requires_grad: true);
        using (inference_mode())
        {
            Assert.True(is_inference_mode_enabled());
            Assert.False((a * 2).requires_grad);
        }

        Assert.False(is_inference_mode_enabled());
        Assert.True((a * 2).requires_grad);
    }

    [Fact]
    public void Modes_OfOneThread_AreNotSeenByAnother()
    {
        using var mode = no_grad();

        NewThread.Run(() =>
        {
            Assert.True(is_grad_enabled());
            using var inference = inference_mode();
        });

        Assert.False(is_grad_enabled());
        Assert.False(is_inference_mode_enabled());
    }

    [Fact]
    public void Scope_OfOneThread_DoesNotOwnAnothersTensors()
    {
        using var scope = NewDisposeScope();
        Tensor? theirs = null;

        NewThread.Run(() => theirs = ones(2));

        Assert.False(scope.Contains(theirs!));
        Assert.Equal(0, scope.DisposablesCount);
        theirs!.Dispose();
    }

    [Fact]
    public void ScopesOfTwoThreads_AtOnce_OwnTheirOwnTensors()
    {
        using var barrier = new Barrier(2);
        NewThread.Run(Work, Work);

        void Work()
        {
            for (var i = 0; i < 50; i++)
            {
                using var scope = NewDisposeScope();
                Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30)));
                var tensor = ones(4);
                var sum = tensor + tensor;
                Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30)));
                Assert.Equal(2, scope.DisposablesCount);
                Assert.Equal(8f, sum.sum().item<float>());
            }
        }
    }

    [Fact]
    public void Backward_Twice_AccumulatesUntilTheGradientIsCleared()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new[] { 1f, 2f }, requires_grad: true);
        a.square().sum().backward();
        a.square().sum().backward();
        Assert.Equal(new[] { 4f, 8f }, a.grad!.data<float>().ToArray());

        a.grad = null!;

        Assert.True(a.grad is null);
    }
}
