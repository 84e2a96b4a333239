using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Scripts;

/// <summary>TorchScript files against what python3-torch computed with the same modules (make_scripts.py).</summary>
public sealed class ScriptModuleTests
{
    private static readonly JsonElement Expected = JsonDocument.Parse(File.ReadAllBytes(PathOf("scripts.json"))).RootElement;

    [Theory]
    [InlineData("features", "plain", 1.0)]
    [InlineData("detector", "plain", 1.0)]
    [InlineData("switched", "plain", 255.0)]
    [InlineData("switched", "features", 255.0, true)]
    [InlineData("switched", "bare", 255.0, false, false, true)]
    public void Forward_Fixture_GivesTheSameNumbers(string file, string call, double scale, params object[] more)
    {
        using var module = jit.load(PathOf($"{file}.pt"));
        module.eval();
        using var scope = NewDisposeScope();
        var answer = (Tensor)module.forward([Ramp(scale), .. more]);
        AssertClose(Expected.GetProperty(file).GetProperty(call), answer);
    }

    [Fact]
    public void Load_FromBytes_IsTheSame()
    {
        using var module = jit.load(File.ReadAllBytes(PathOf("features.pt")), CPU);
        module.eval();
        using var scope = NewDisposeScope();
        AssertClose(Expected.GetProperty("features").GetProperty("plain"), (Tensor)module.invoke("forward", Ramp(1)));
    }

    [Fact]
    public void Train_TurnsDropoutOn()
    {
        using var module = jit.load(PathOf("features.pt"));
        using var scope = NewDisposeScope();
        module.train();
        Assert.True(module.training);
        Assert.NotEqual(((Tensor)module.call(Ramp(1))).data<float>().ToArray(), ((Tensor)module.call(Ramp(1))).data<float>().ToArray());
        module.eval();
        Assert.False(module.training);
        Assert.Equal(((Tensor)module.call(Ramp(1))).data<float>().ToArray(), ((Tensor)module.call(Ramp(1))).data<float>().ToArray());
    }

    [Theory]
    [InlineData("perceptual", "plain", false)]
    [InlineData("perceptual", "equal", true)]
    public void Forward_Pair_GivesTheSameNumbers(string file, string call, bool equal)
    {
        using var module = jit.load(PathOf($"{file}.pt"));
        using var scope = NewDisposeScope();
        var (one, other) = equal ? (Ramp(1), Ramp(1)) : (Ramp(1).mul(2).sub(1), Ramp(1).mul(2).sub(1).flip(3));
        AssertClose(Expected.GetProperty(file).GetProperty(call), (Tensor)module.forward(one, other));
    }

    [Fact]
    public void Parameters_AreThoseOfTheModule_AndCanBeFrozen()
    {
        using var module = jit.load(PathOf("perceptual.pt"));
        using var scope = NewDisposeScope();
        var weight = Assert.Single(module.parameters());
        Assert.Equal([4L, 3L, 3L, 3L], weight.shape);
        Assert.True(weight.requires_grad);
        var image = Ramp(1);
        ((Tensor)module.forward(image, image.flip(3))).sum().backward();
        Assert.NotNull(weight.grad);
        weight.requires_grad = false;
        Assert.False(Assert.Single(module.parameters()).requires_grad);
        Assert.False(((Tensor)module.forward(image, image.flip(3))).requires_grad);
        Assert.Empty(Parameters("detector.pt"));
    }

    [Fact]
    public void Load_WhatIsNone_Throws()
    {
        Assert.Throws<FileNotFoundException>(() => jit.load(PathOf("absent.pt")));
        Assert.Throws<ExternalException>(() => jit.load("no TorchScript"u8.ToArray()));
        Assert.Throws<ExternalException>(() => jit.load(PathOf("scripts.json")));
    }

    [Fact]
    public void Forward_WrongArguments_Throws()
    {
        using var module = jit.load(PathOf("features.pt"));
        using var scope = NewDisposeScope();
        Assert.Throws<ExternalException>(() => module.forward(Ramp(1), true));
        Assert.Throws<ExternalException>(() => module.invoke("backward", Ramp(1)));
        Assert.Throws<ArgumentException>(() => module.forward("text"));
    }

    private static TorchSharp.Modules.Parameter[] Parameters(string file)
    {
        using var module = jit.load(PathOf(file));
        return [.. module.parameters()];
    }

    private static Tensor Ramp(double scale) => tensor([.. Enumerable.Range(0, 384).Select(i => (float)(i / 384f * scale))], [2, 3, 8, 8], ScalarType.Float32);

    private static void AssertClose(JsonElement expected, Tensor found)
    {
        var numbers = expected.EnumerateArray().Select(n => n.GetSingle()).ToArray();
        using var data = found.contiguous().data<float>();
        Assert.Equal(numbers, data.ToArray(), (a, b) => Math.Abs(a - b) <= 1e-5);
    }

    private static string PathOf(string name, [System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "fixtures", "torch", name);
}
