using static TorchSharp.torch;

namespace Shims.Tests.Torch.Fixtures;

internal static class Parity
{
    /// <summary>Same element type, same shape, and |actual - expected| at most tolerance * max(1, |expected|); NaN and infinities must agree.</summary>
    public static void AssertClose(StoredTensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.True(expected.Type == actual.dtype, $"{what}: {actual.dtype}, PyTorch has {expected.Type}");
        Assert.True(expected.Shape.AsSpan().SequenceEqual(actual.shape), $"{what}: [{string.Join(',', actual.shape)}], PyTorch has [{string.Join(',', expected.Shape)}]");
        var wanted = expected.Values;
        var got = StoredTensor.ValuesOf(actual);
        for (var i = 0; i < wanted.Length; i++)
        {
            var close = wanted[i].Equals(got[i]) || Math.Abs(wanted[i] - got[i]) <= tolerance * Math.Max(1, Math.Abs(wanted[i]));
            Assert.True(close, $"{what}[{i}]: {got[i]:R}, PyTorch has {wanted[i]:R}");
        }
    }

    /// <summary>The largest absolute difference.</summary>
    public static double MaxDifference(StoredTensor expected, Tensor actual)
    {
        Assert.Equal(expected.Shape, actual.shape);
        return expected.Values.Zip(StoredTensor.ValuesOf(actual), (a, b) => Math.Abs(a - b)).Max();
    }
}
