using System.Runtime.InteropServices;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using F = TorchSharp.torch.nn.functional;

namespace Shims.Tests.Torch.Errors;

/// <summary>A wrong call is an exception that names what is wrong, and the next right call works.</summary>
public sealed class WrongCallTests
{
    private static readonly Dictionary<string, (string Says, Func<Tensor> Call)> Calls = new()
    {
        ["add_shapes"] = ("must match the size", () => ones(2, 3) + ones(4)),
        ["mm_shapes"] = ("(2x3 and 4x5)", () => ones(2, 3).mm(ones(4, 5))),
        ["mm_types"] = ("double", () => ones(2, 3).mm(ones(3, 2, dtype: float64))),
        ["bmm_shapes"] = ("[2, 4]", () => ones(2, 3, 4).bmm(ones(2, 5, 6))),
        ["linear_shapes"] = ("shapes cannot be multiplied", () => F.linear(ones(2, 3), ones(5, 4))),
        ["einsum_shapes"] = ("einsum", () => einsum("ij,jk->ik", ones(2, 3), ones(4, 5))),
        ["conv2d_channels"] = ("channels", () => F.conv2d(ones(1, 3, 8, 8), ones(4, 2, 3, 3))),
        ["conv2d_types"] = ("type", () => F.conv2d(ones(1, 2, 8, 8), ones(4, 2, 3, 3, dtype: float64))),
        ["conv2d_kernel_too_big"] = ("Kernel size", () => F.conv2d(ones(1, 1, 2, 2), ones(1, 1, 5, 5))),
        ["cat_shapes"] = ("Sizes of tensors must match", () => cat([ones(2, 3), ones(2, 4)])),
        ["stack_shapes"] = ("equal size", () => stack([ones(2), ones(3)])),
        ["view_size"] = ("'[4, 2]' is invalid", () => ones(2, 3).view(4, 2)),
        ["view_strides"] = ("view", () => ones(2, 3).t().view(6)),
        ["reshape_size"] = ("is invalid for input", () => ones(6).reshape(5, -1)),
        ["permute_dims"] = ("permute", () => ones(2, 3).permute(0, 1, 2)),
        ["expand_size"] = ("must match the existing size", () => ones(2, 3).expand(2, 4)),
        ["select_dim"] = ("Dimension out of range", () => ones(2).select(3, 0)),
        ["select_index"] = ("out of range", () => ones(2).select(0, 2)),
        ["narrow_length"] = ("exceeds dimension size", () => ones(4).narrow(0, 2, 3)),
        ["index_select_range"] = ("out of range", () => ones(2, 3).index_select(0, tensor(new[] { 5L }))),
        ["index_select_type"] = ("index", () => ones(2, 3).index_select(0, tensor(new[] { 0.5f }))),
        ["gather_type"] = ("int64", () => ones(2, 3).gather(0, ones(1, 3))),
        ["softmax_dim"] = ("Dimension out of range", () => ones(2, 3).softmax(2)),
        ["group_norm_groups"] = ("num_groups", () => F.group_norm(ones(1, 6, 2, 2), 4)),
        ["layer_norm_shape"] = ("normalized_shape", () => F.layer_norm(ones(2, 3), [4])),
        ["mse_loss_shapes"] = ("must match the size", () => F.mse_loss(ones(2), ones(3))),
        ["cross_entropy_label"] = ("out of bounds", () => F.cross_entropy(ones(1, 3), tensor(new[] { 7L }))),
        ["one_hot_small"] = ("Class values must be smaller", () => F.one_hot(tensor(new[] { 4L }), 2)),
        ["mean_of_integers"] = ("dtype", () => ones(2, dtype: int64).mean()),
        ["inplace_needs_cast"] = ("can't be cast", () => ones(2, dtype: int64).add_(0.5)),
        ["inplace_on_leaf"] = ("leaf Variable", () => ones(2, requires_grad: true).add_(1)),
        ["requires_grad_of_integers"] = ("floating point", () => ones(2, dtype: int64).requires_grad_()),
    };

    public static TheoryData<string> Names => new(Calls.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Call_WithAWrongArgument_ThrowsAndSaysWhy(string name)
    {
        using var scope = NewDisposeScope();

        var error = Assert.ThrowsAny<ExternalException>(() => Calls[name].Call());

        Assert.Contains(Calls[name].Says, error.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(4f, (ones(2) + ones(2)).sum().item<float>());
    }

    [Fact]
    public void Backward_OfManyElements_Throws()
    {
        using var scope = NewDisposeScope();
        var a = ones(2, requires_grad: true) * 2;

        var error = Assert.ThrowsAny<ExternalException>(() => a.backward());

        Assert.Contains("scalar outputs", error.Message);
    }

    [Fact]
    public void Backward_WithoutAGraph_Throws()
    {
        using var scope = NewDisposeScope();

        var error = Assert.ThrowsAny<ExternalException>(() => ones(2).sum().backward());

        Assert.Contains("does not require grad", error.Message);
    }

    [Fact]
    public void Backward_ASecondTimeThroughOneGraph_Throws()
    {
        using var scope = NewDisposeScope();
        var loss = ones(2, requires_grad: true).square().sum();
        loss.backward();

        var error = Assert.ThrowsAny<ExternalException>(() => loss.backward());

        Assert.Contains("second time", error.Message);
    }

    [Fact]
    public void LoadStateDict_WithAWrongShape_Throws()
    {
        using var linear = Linear(3, 2);
        using var scope = NewDisposeScope();
        var state = new Dictionary<string, Tensor> { ["weight"] = ones(2, 4), ["bias"] = ones(2) };

        Assert.ThrowsAny<Exception>(() => linear.load_state_dict(state));
    }

    [Fact]
    public void LoadStateDict_StrictWithMissingAndUnexpectedKeys_Throws()
    {
        using var linear = Linear(3, 2);
        using var scope = NewDisposeScope();

        Assert.Throws<InvalidOperationException>(() => linear.load_state_dict(new() { ["weight"] = ones(2, 3) }));
        Assert.Throws<InvalidOperationException>(() => linear.load_state_dict(new() { ["weight"] = ones(2, 3), ["bias"] = ones(2), ["extra"] = ones(1) }));
    }

    [Fact]
    public void LoadStateDict_NotStrict_ReturnsMissingAndUnexpectedKeys()
    {
        using var linear = Linear(3, 2);
        using var scope = NewDisposeScope();

        var (missing, unexpected) = linear.load_state_dict(new() { ["weight"] = ones(2, 3), ["extra"] = ones(1) }, strict: false);

        Assert.Equal(["bias"], missing);
        Assert.Equal(["extra"], unexpected);
        Assert.Equal(6f, linear.weight!.sum().item<float>());
    }

    [Fact]
    public void Module_CalledWithAWrongShape_ThrowsAndStillWorks()
    {
        using var linear = Linear(3, 2);
        using var scope = NewDisposeScope();

        Assert.ThrowsAny<ExternalException>(() => linear.call(ones(1, 4)));

        Assert.Equal([1, 2], linear.call(ones(1, 3)).shape);
    }
}
