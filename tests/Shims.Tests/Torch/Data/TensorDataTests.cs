using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Data;

/// <summary>Numbers in and out: raw bytes, typed access with strides, single items.</summary>
public sealed class TensorDataTests
{
    [Fact]
    public void Bytes_OfAContiguousTensor_AreItsMemory()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new[] { 1f, 2f, 3f });

        Assert.Equal(new[] { 1f, 2f, 3f }, MemoryMarshal.Cast<byte, float>(a.bytes).ToArray());
        MemoryMarshal.Cast<byte, float>(a.bytes)[1] = 7;

        Assert.Equal(11f, a.sum().item<float>());
    }

    [Fact]
    public void Bytes_Set_CopiesTheValues()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2, dtype: int64);
        a.bytes = MemoryMarshal.AsBytes(new long[] { 5, -6 }.AsSpan());

        Assert.Equal(new[] { 5L, -6L }, a.data<long>().ToArray());
    }

    [Fact]
    public void Bytes_SetWithAWrongLength_Throws()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2);

        Assert.ThrowsAny<Exception>(() => a.bytes = new byte[7]);
        Assert.Equal(0f, a.sum().item<float>());
    }

    [Fact]
    public void Bytes_OfAStridedTensor_Throw()
    {
        using var scope = NewDisposeScope();
        var a = arange(6, dtype: float32).reshape(2, 3).t();

        Assert.ThrowsAny<Exception>(() => a.bytes.Length);
    }

    [Fact]
    public void Bytes_OfAContiguousSlice_StartAtItsOffset()
    {
        using var scope = NewDisposeScope();
        var row = arange(6, dtype: float32).reshape(2, 3)[1];

        Assert.Equal(new[] { 3f, 4f, 5f }, MemoryMarshal.Cast<byte, float>(row.bytes).ToArray());
        Assert.Equal(3, row.storage_offset());
    }

    [Fact]
    public void Data_OfAStridedTensor_ComesInLogicalOrder()
    {
        using var scope = NewDisposeScope();
        var a = arange(6, dtype: float32).reshape(2, 3).t();
        var accessor = a.data<float>();
        var copy = new float[6];
        accessor.CopyTo(copy);

        Assert.Equal(new[] { 0f, 3f, 1f, 4f, 2f, 5f }, accessor.ToArray());
        Assert.Equal(accessor.ToArray(), copy);
        Assert.Equal(4f, accessor[1, 1]);
        Assert.Equal(6, accessor.Count);
        Assert.False(a.is_contiguous());
    }

    [Fact]
    public void Data_WrittenThroughTheAccessor_ChangesTheTensor()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2, 2);
        var accessor = a.data<float>();
        accessor[1, 0] = 3;
        Assert.Equal(3f, a[1, 0].item<float>());

        accessor.CopyFrom(new[] { 1f, 2f, 3f, 4f });

        Assert.Equal(10f, a.sum().item<float>());
    }

    [Fact]
    public void Data_OfAnotherType_Throws()
    {
        using var scope = NewDisposeScope();

        Assert.ThrowsAny<Exception>(() => ones(2).data<double>());
        Assert.ThrowsAny<Exception>(() => ones(1).item<double>());
    }

    [Fact]
    public void Item_OfManyElements_Throws()
    {
        using var scope = NewDisposeScope();

        Assert.ThrowsAny<Exception>(() => ones(2).item<float>());
    }

    [Fact]
    public void Item_OfEveryType_IsItsValue()
    {
        using var scope = NewDisposeScope();

        Assert.Equal(1.5f, tensor(1.5f).item<float>());
        Assert.Equal(1.5, tensor(1.5).item<double>());
        Assert.Equal(1L << 40, tensor(1L << 40).item<long>());
        Assert.Equal(-3, tensor(-3).item<int>());
        Assert.Equal((byte)200, tensor(new byte[] { 200 }).item<byte>());
        Assert.True(tensor(true).item<bool>());
        Assert.Equal((Half)0.5f, tensor(0.5f).to(float16).item<Half>());
    }

    [Fact]
    public void Tensor_FromAnArray_IsACopy()
    {
        using var scope = NewDisposeScope();
        var values = new[] { 1f, 2f };
        var a = tensor(values);
        values[0] = 9;

        Assert.Equal(1f, a[0].item<float>());
    }

    [Fact]
    public void To_WithoutAChange_SharesMemoryAndCopyDoesNot()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2);
        a.to(float32).fill_(1);
        a.to(CPU).add_(1);
        a.to(float32, copy: true).fill_(9);

        Assert.Equal(new[] { 2f, 2f }, a.data<float>().ToArray());
    }

    [Fact]
    public void Shape_OfAView_HasItsOwnStrides()
    {
        using var scope = NewDisposeScope();
        var a = zeros(2, 3, 4).permute(2, 0, 1);

        Assert.Equal([4, 2, 3], a.shape);
        Assert.Equal([1, 12, 4], a.stride());
        Assert.Equal(3, a.ndim);
        Assert.Equal(24, a.numel());
        Assert.Equal(2, a.size(1));
        Assert.Equal(float32, a.dtype);
        Assert.Equal(DeviceType.CPU, a.device.type);
    }

    [Fact]
    public void AllClose_OfNearAndFarTensors_TellsThemApart()
    {
        using var scope = NewDisposeScope();

        Assert.True(allclose(ones(2), ones(2) + 1e-7));
        Assert.False(ones(2).allclose(ones(2) + 1e-3));
    }
}
