using System.Buffers.Binary;
using System.Text;
using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Entry(string name, int begin, int end, string type = "U8", string? shape = null) =>
        $"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":{shape ?? $"[{end - begin}]"},\"data_offsets\":[{begin},{end}]}}";

    private string Save(byte[] header, int data, long? claimed = null)
    {
        var path = folder["file.safetensors"];
        var bytes = new byte[8 + header.Length + data];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimed ?? header.Length);
        header.CopyTo(bytes, 8);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private SafeTensorsException Refused(string header, int data, long? claimed = null) =>
        Assert.Throws<SafeTensorsException>(() => SafeTensorFile.Open(Save(Encoding.UTF8.GetBytes(header), data, claimed)).Dispose());

    [Fact]
    public void Open_GoodHandWrittenFile_IsRead()
    {
        using var file = SafeTensorFile.Open(Save(Encoding.UTF8.GetBytes("{" + Entry("b", 2, 4) + "," + Entry("a", 0, 2) + "}   "), 4));
        Assert.Equal(["a", "b"], file.Tensors.Keys.Order());
    }

    public static TheoryData<string, string, int, string?> BadHeaders => new()
    {
        { "same name twice", "{" + Entry("w", 0, 2) + "," + Entry("w", 2, 4) + "}", 4, "w" },
        { "overlap", "{" + Entry("a", 0, 3) + "," + Entry("b", 2, 4) + "}", 4, "b" },
        { "hole", "{" + Entry("a", 0, 1) + "," + Entry("b", 2, 4) + "}", 4, "b" },
        { "hole at the start", "{" + Entry("a", 1, 4) + "}", 4, "a" },
        { "beyond the end", "{" + Entry("a", 0, 5) + "}", 4, "a" },
        { "backwards", "{" + Entry("a", 3, 1, shape: "[2]") + "}", 4, "a" },
        { "length not of the shape", "{" + Entry("a", 0, 4, shape: "[3]") + "}", 4, "a" },
        { "length not of the type", "{" + Entry("a", 0, 4, "F32", "[4]") + "}", 4, "a" },
        { "product overflows", "{" + Entry("a", 0, 4, shape: "[4294967296,4294967296]") + "}", 4, "a" },
        { "product wraps to the length", "{" + Entry("a", 0, 4, shape: "[4611686018427387905,4]") + "}", 4, "a" },
        { "size beyond int64", "{" + Entry("a", 0, 4, shape: "[9223372036854775808]") + "}", 4, "a" },
        { "negative size", "{" + Entry("a", 0, 4, shape: "[-4]") + "}", 4, "a" },
        { "fractional size", "{" + Entry("a", 0, 4, shape: "[4.5]") + "}", 4, "a" },
        { "unknown type", "{" + Entry("a", 0, 4, "F31") + "}", 4, "a" },
        { "type by number", "{" + Entry("a", 0, 4, "1") + "}", 4, "a" },
        { "type in lower case", "{" + Entry("a", 0, 4, "u8") + "}", 4, "a" },
        { "trailing bytes", "{" + Entry("a", 0, 4) + "}", 5, null },
        { "field twice", """{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "a" },
        { "unknown field", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"stride":[1]}}""", 1, "a" },
        { "missing shape", """{"a":{"dtype":"U8","data_offsets":[0,1]}}""", 1, "a" },
        { "three offsets", """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,1]}}""", 1, "a" },
        { "tensor is a list", """{"a":[]}""", 0, "a" },
        { "metadata is not text", """{"__metadata__":{"n":1}}""", 0, null },
        { "metadata key twice", """{"__metadata__":{"n":"1","n":"2"}}""", 0, null },
        { "deep nesting", """{"a":{"shape":[[[[]]]]}}""", 0, null },
        { "lone surrogate", """{"\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, null },
        { "starts with a space", " {}", 0, null },
        { "a list", "[]", 0, null },
        { "cut off", "{\"a\":", 0, null },
        { "empty", "", 0, null },
    };

    [Theory]
    [MemberData(nameof(BadHeaders))]
    public void Open_BadHeader_IsRefusedNamingTheTensor(string defect, string header, int data, string? tensor)
    {
        var refusal = Refused(header, data);
        Assert.True(tensor == refusal.Tensor, $"{defect}: {refusal.Message}");
        if (tensor is not null) Assert.Contains($"'{tensor}'", refusal.Message);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(SafeTensors.MaximumHeader + 1L)]
    [InlineData(long.MaxValue)]
    [InlineData(-1)]
    public void Open_HeaderLengthNotOfTheFile_IsRefused(long claimed) => Refused("{}", 0, claimed);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Open_FileShorterThanItsLengthField_IsRefused(int bytes)
    {
        File.WriteAllBytes(folder["short"], new byte[bytes]);
        Assert.Throws<SafeTensorsException>(() => SafeTensorFile.Open(folder["short"]));
    }

    [Fact]
    public void Open_AnyTruncationOrFlippedBit_IsReadOrRefusedButNeverFails()
    {
        SafeTensors.Write(folder["good"], [new("w", DType.F32, [2], new byte[8]), new("b", DType.U8, [1], new byte[1])], new Dictionary<string, string> { ["k"] = "v" });
        var good = File.ReadAllBytes(folder["good"]);
        for (var length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(folder["bad"], good[..length]);
            Assert.Throws<SafeTensorsException>(() => SafeTensorFile.Open(folder["bad"]));
        }
        var headerEnd = good.Length - 9;
        for (var bit = 0; bit < headerEnd * 8; bit++)
        {
            var bad = (byte[])good.Clone();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(folder["bad"], bad);
            var outcome = Record.Exception(() => SafeTensorFile.Open(folder["bad"]).Dispose());
            Assert.True(outcome is null or SafeTensorsException, $"bit {bit}: {outcome}");
        }
    }

    [Fact]
    public void Read_FileCutAfterOpening_NamesTheTensor()
    {
        var path = folder["cut"];
        SafeTensors.Write(path, [new("w", DType.U8, [9], new byte[9])]);
        using var file = SafeTensorFile.Open(path);
        using (var cut = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(cut.Length - 1);

        Assert.Equal("w", Assert.Throws<SafeTensorsException>(() => file.Read("w")).Tensor);
    }

    [Fact]
    public void Read_UnknownTensor_NamesIt()
    {
        SafeTensors.Write(folder["f"], []);
        using var file = SafeTensorFile.Open(folder["f"]);
        Assert.Equal("w", Assert.Throws<SafeTensorsException>(() => file.Read("w")).Tensor);
    }

    [Fact]
    public void Write_AnyOrder_GivesTheSameAlignedBytes()
    {
        SafeTensor[] tensors = [new("b", DType.U8, [3], new byte[] { 1, 2, 3 }), new("d", DType.F64, [1], new byte[8]), new("a", DType.F16, [1], new byte[2])];
        using MemoryStream one = new(), other = new();
        SafeTensors.Write(one, tensors);
        SafeTensors.Write(other, [.. tensors.Reverse()]);

        Assert.Equal(one.ToArray(), other.ToArray());
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(one.ToArray()) % 8);
        File.WriteAllBytes(folder["f"], one.ToArray());
        using var file = SafeTensorFile.Open(folder["f"]);
        Assert.All(file.Tensors.Values, t => Assert.Equal(0, t.Offset % t.Type.Bytes()));
        Assert.Equal([1, 2, 3], file.Read("b"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("__metadata__")]
    [InlineData("twice")]
    public void Write_NameThatCannotBe_IsRefused(string name)
    {
        SafeTensor other = new("twice", DType.U8, [0], Array.Empty<byte>());
        Assert.Equal(name, Assert.Throws<SafeTensorsException>(() => SafeTensors.Write(new MemoryStream(), [other, other with { Name = name }])).Tensor);
    }

    [Fact]
    public void Write_DataNotOfTheShape_NamesTheTensor() =>
        Assert.Equal("w", Assert.Throws<SafeTensorsException>(() => SafeTensors.Write(new MemoryStream(), [new("w", DType.F32, [2], new byte[7])])).Tensor);
}
