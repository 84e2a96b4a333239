using TorchSharp;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Lifetime;

public sealed class DisposeScopeTests
{
    [Fact]
    public void Scope_AtItsEnd_DisposesEveryTensorMadeInIt()
    {
        Tensor a, b;
        using (var scope = NewDisposeScope())
        {
            a = ones(2);
            b = a + a;
            Assert.Equal(2, scope.DisposablesCount);
            Assert.True(scope.Contains(a));
        }

        Assert.True(a.IsInvalid);
        Assert.True(b.IsInvalid);
    }

    [Fact]
    public void Scope_LeftByAnException_DisposesItsTensors()
    {
        Tensor? a = null;
        Action failing = () =>
        {
            using var scope = NewDisposeScope();
            a = ones(2);
            throw new InvalidOperationException();
        };

        Assert.Throws<InvalidOperationException>(failing);
        Assert.True(a!.IsInvalid);
    }

    [Fact]
    public void InnerScope_AtItsEnd_LeavesTheOuterScopesTensors()
    {
        using var outer = NewDisposeScope();
        var kept = ones(2);
        using (var inner = NewDisposeScope())
        {
            zeros(3);
            Assert.False(inner.Contains(kept));
        }

        Assert.False(kept.IsInvalid);
        Assert.Equal(1, outer.DisposablesCount);
    }

    [Fact]
    public void MoveToOuter_FromANestedScope_LivesAsLongAsTheOuterOne()
    {
        Tensor moved, second, third;
        using (var outer = NewDisposeScope())
        {
            using (var inner = NewDisposeScope())
            {
                moved = ones(2).MoveToOuterDisposeScope();
                (second, third) = inner.MoveToOuter(zeros(1), zeros(2));
                Assert.Equal(0, inner.DisposablesCount);
            }

            Assert.Equal(3, outer.DisposablesCount);
            Assert.Equal(2f, moved.sum().item<float>());
        }

        Assert.True(moved.IsInvalid && second.IsInvalid && third.IsInvalid);
    }

    [Fact]
    public void MoveToOuter_WithoutAnOuterScope_BelongsToTheCaller()
    {
        Tensor moved;
        using (NewDisposeScope()) moved = ones(2).MoveToOuterDisposeScope();

        Assert.False(moved.IsInvalid);
        moved.Dispose();
        Assert.True(moved.IsInvalid);
    }

    [Fact]
    public void Detach_InNestedScopes_OutlivesThemAll()
    {
        Tensor detached, first, second;
        using (NewDisposeScope())
        {
            using var inner = NewDisposeScope();
            detached = ones(2).DetachFromDisposeScope();
            (first, second) = inner.Detach(ones(1), ones(1));
        }

        Assert.False(detached.IsInvalid || first.IsInvalid || second.IsInvalid);
        detached.Dispose();
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public void Attach_AFreeTensor_IsDisposedWithTheScope()
    {
        var free = ones(2);
        using (var scope = NewDisposeScope())
        {
            scope.Attach(free);
            Assert.True(scope.Contains(free));
        }

        Assert.True(free.IsInvalid);
    }

    [Fact]
    public void MoveToOther_ANamedScope_ChangesTheOwner()
    {
        using var outer = NewDisposeScope();
        using var inner = NewDisposeScope();
        var tensor = ones(2);

        tensor.MoveToOtherDisposeScope(outer);

        Assert.True(outer.Contains(tensor));
        Assert.False(inner.Contains(tensor));
    }

    [Fact]
    public void DisposeEverything_InAnOpenScope_EmptiesItAndGoesOn()
    {
        using var scope = NewDisposeScope();
        var first = ones(2);
        scope.DisposeEverything();
        var second = ones(2);

        Assert.True(first.IsInvalid);
        Assert.False(second.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void DisposeEverythingBut_OneTensor_KeepsThatOne()
    {
        using var scope = NewDisposeScope();
        var dropped = ones(2);
        var kept = scope.DisposeEverythingBut(ones(3));

        Assert.True(dropped.IsInvalid);
        Assert.False(kept.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void Dispose_ATensorInsideAScope_TakesItOut()
    {
        using var scope = NewDisposeScope();
        var tensor = ones(2);
        tensor.Dispose();
        tensor.Dispose();

        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void InPlace_InAScope_ReturnsTheSameObjectAndOwnsNothingNew()
    {
        using var scope = NewDisposeScope();
        var tensor = ones(2);

        Assert.Same(tensor, tensor.add_(tensor));
        Assert.Same(tensor, tensor.mul_(tensor));
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void WrappedScope_AnExpression_KeepsOnlyItsResult()
    {
        using var scope = NewDisposeScope();

        var result = WrappedTensorDisposeScope(() => ones(2).add(ones(2)).mul(ones(2)));

        Assert.Equal(1, scope.DisposablesCount);
        Assert.Equal(4f, result.sum().item<float>());
    }
}
