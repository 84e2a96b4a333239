using Diffusion.Api.Pictures;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Pictures;

/// <summary>Byte for byte what numpy writes: tests/fixtures/npy/make.py.</summary>
public sealed class NpyArrayTests
{
    private static readonly Dictionary<string, NpyArray> Arrays = new()
    {
        ["float32-2x3"] = NpyArray.Of([0f, 1.5f, -3.25f, 1e-30f, 3.4e38f, -1f], 2, 3),
        ["float32-5d"] = NpyArray.Of([.. Enumerable.Range(0, 120).Select(i => (float)i)], 2, 3, 4, 5, 1),
        ["uint8-4"] = NpyArray.Of(new byte[] { 0, 1, 127, 255 }, 4),
        ["uint8-1"] = NpyArray.Of(new byte[] { 7 }, 1),
        ["int32-3"] = NpyArray.Of([-1, 0, int.MaxValue]),
        ["uint64-scalar"] = NpyArray.Of(ulong.MaxValue),
    };

    public static TheoryData<string> Names => [.. Arrays.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_Array_IsTheFileOfNumpy(string name)
    {
        using var file = new MemoryStream();
        Arrays[name].Write(file);
        Assert.Equal(File.ReadAllBytes(Repository.Path("tests", "fixtures", "npy", name + ".npy")), file.ToArray());
    }
}
