using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Errors;

public sealed class DisposedTensorTests
{
    private static readonly Dictionary<string, Action<Tensor>> Uses = new()
    {
        ["as_target"] = x => x.add(ones(2)),
        ["as_argument"] = x => ones(2).add(x),
        ["in_place"] = x => x.add_(1),
        ["in_a_list"] = x => cat([ones(2), x]),
        ["shape"] = x => _ = x.shape,
        ["dtype"] = x => _ = x.dtype,
        ["bytes"] = x => _ = x.bytes.Length,
        ["data"] = x => x.data<float>().ToArray(),
        ["item"] = x => x.item<float>(),
        ["backward"] = x => x.backward(),
        ["grad"] = x => _ = x.grad,
        ["loss"] = x => F.mse_loss(ones(2), x),
        ["index"] = x => _ = x[0],
    };

    public static TheoryData<string> Names => new(Uses.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Use_OfADisposedTensor_SaysThatItIsDisposed(string name)
    {
        using var scope = NewDisposeScope();
        var disposed = ones(2);
        disposed.Dispose();

        var error = Assert.Throws<InvalidOperationException>(() => Uses[name](disposed));

        Assert.Contains("Tensor invalid", error.Message);
    }

    [Fact]
    public void View_OfADisposedTensor_KeepsItsMemory()
    {
        using var scope = NewDisposeScope();
        var whole = arange(6, dtype: float32).reshape(2, 3);
        var row = whole[1];
        whole.Dispose();

        Assert.Equal(new[] { 3f, 4f, 5f }, row.data<float>().ToArray());
    }
}
