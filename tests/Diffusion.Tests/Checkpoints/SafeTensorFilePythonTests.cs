using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class SafeTensorFilePythonTests
{
    private static readonly string Script = Repository.Path("tests", "fixtures", "safetensors", "make.py");
    private static readonly string Fixture = Repository.Path("tests", "fixtures", "safetensors", "python.safetensors");

    [Fact]
    public void Open_FileWrittenByPython_GivesItsTensors()
    {
        using var file = SafeTensorFile.Open(Fixture);

        Assert.Equal(8, file.Tensors.Count);
        Assert.Equal(new Dictionary<string, string> { ["format"] = "pt", ["by"] = "make.py" }, file.Metadata);
        Assert.Equal([0f, 1.5f, -3.25f, 1e-30f, 3.4e38f, float.NegativeInfinity], MemoryMarshal.Cast<byte, float>(file.Read("input.weight")).ToArray());
        Assert.Equal([2L, 3L], file["input.weight"].Shape);
        Assert.Equal([(Half)0.5, (Half)(-2), Half.MaxValue - (Half)0], MemoryMarshal.Cast<byte, Half>(file.Read("out.bias")).ToArray());
        Assert.Equal(0.1, BinaryPrimitives.ReadDoubleLittleEndian(file.Read("scalar")));
        Assert.Empty(file["scalar"].Shape);
        Assert.Equal([0L, 4L], file["empty"].Shape);
        Assert.Empty(file.Read("empty"));
        Assert.Equal([1, 0], file.Read("mask"));
        Assert.Equal(-(1L << 62), BinaryPrimitives.ReadInt64LittleEndian(file.Read("steps")));
        Assert.Equal(DType.I32, file["naïve.名前"].Type);
    }

    [PythonFact]
    public void Fixture_WrittenAgain_IsTheSame()
    {
        using var folder = new TemporaryFolder();
        PythonFactAttribute.Run(Script, "write", folder["again.safetensors"]);

        Assert.Equal(File.ReadAllBytes(Fixture), File.ReadAllBytes(folder["again.safetensors"]));
    }

    [PythonFact]
    public void Write_ReadByPython_GivesTheSameTensors()
    {
        using var folder = new TemporaryFolder();
        SafeTensors.Write(
            folder["ours.safetensors"],
            [
                new("b.weight", DType.F32, [2, 2], MemoryMarshal.AsBytes<float>([1, -0.5f, 1e-45f, float.MaxValue]).ToArray()),
                new("a.\"quoted\" ü", DType.U8, [3], new byte[] { 9, 8, 7 }),
                new("z", DType.F64, [], MemoryMarshal.AsBytes<double>([Math.PI]).ToArray()),
                new("half", DType.F16, [1], MemoryMarshal.AsBytes<Half>([(Half)0.25]).ToArray()),
                new("brain", DType.BF16, [2], new byte[] { 0x80, 0x3f, 0x00, 0xc0 }),
                new("none", DType.I64, [0], Array.Empty<byte>()),
            ],
            new Dictionary<string, string> { ["epoch"] = "3" });

        var lines = PythonFactAttribute.Run(Script, "dump", folder["ours.safetensors"]).TrimEnd().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        var texts = lines.Select(l => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(l, new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))).ToArray();

        Assert.Equal(
            [
                """["a.\"quoted\" ü","U8",[3],["9","8","7"]]""",
                """["b.weight","F32",[2,2],["1.0","-0.5","1.401298464324817e-45","3.4028234663852886e+38"]]""",
                """["brain","BF16",[2],"803f00c0"]""",
                """["half","F16",[1],["0.25"]]""",
                """["none","I64",[0],[]]""",
                """["z","F64",[],["3.141592653589793"]]""",
                """{"epoch":"3"}""",
            ],
            texts);
    }
}
