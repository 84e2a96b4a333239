using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Modules;

public sealed class RegistrationTests : IDisposable
{
    private static readonly string[] ParameterNames =
    [
        "first.weight", "first.bias", "scale", "renamed.weight", "stack.0.weight", "stack.0.bias", "stack.3.weight", "stack.3.bias",
        "list.0.weight", "list.1.weight", "list.1.bias",
    ];

    private readonly RegisteredModule module = new();

    public void Dispose() => module.Dispose();

    [Fact]
    public void Parameters_OfFieldsOfEveryKind_HavePyTorchNames()
    {
        Assert.Equal(ParameterNames.Order(), module.named_parameters().Select(p => p.name).Order());
        Assert.Equal(ParameterNames.Length, module.parameters().Count());
        Assert.All(module.parameters(), p => Assert.True(p.requires_grad && p.is_leaf));
        Assert.Equal(1, module.Unregistered);
    }

    [Fact]
    public void Buffers_OfTensorFieldsAndRegisterBuffer_AreInTheState()
    {
        Assert.Equal(["named", "table"], module.named_buffers().Select(b => b.name).Order());
        Assert.Equal(ParameterNames.Concat(["named", "table"]).Order(), module.state_dict().Keys.Order());
        Assert.All(module.buffers(), b => Assert.False(b.requires_grad));
    }

    [Fact]
    public void Children_OfTheModule_AreItsModuleFields()
    {
        Assert.Equal(["first", "list", "renamed", "stack"], module.named_children().Select(c => c.name).Order());
        Assert.Contains("stack.2", module.named_modules().Select(m => m.name));
        Assert.DoesNotContain("", module.named_modules().Select(m => m.name));
    }

    [Fact]
    public void GetParameter_ByItsPath_IsTheLiveOne()
    {
        Assert.Same(module.named_parameters().Single(p => p.name == "stack.3.bias").parameter, module.get_parameter("stack.3.bias"));
        Assert.True(module.has_parameter("stack.3.bias"));
    }

    [Fact]
    public void Apply_AFunction_ReachesEveryModuleOnce()
    {
        var seen = new List<string>();

        module.apply(m => seen.Add(m.GetName()));

        Assert.Equal(5, seen.Count(n => n == nameof(Linear)) - 1);
        Assert.Equal(nameof(RegisteredModule), seen[^1]);
    }

    [Fact]
    public void Dispose_OfAModule_DisposesItsParametersAndBuffers()
    {
        var own = new RegisteredModule();
        var tensors = own.state_dict().Values.ToArray();

        own.Dispose();

        Assert.All(tensors, t => Assert.True(t.IsInvalid));
    }

    [Fact]
    public void BuiltInLayers_MadeInsideAScope_OutliveIt()
    {
        Linear linear;
        using (NewDisposeScope()) linear = Linear(2, 2);

        using (linear) Assert.False(linear.weight!.IsInvalid);
    }

    [Fact]
    public void ModuleList_Grown_KeepsItsOrder()
    {
        using var list = ModuleList(Linear(1, 2), Linear(2, 3));
        list.Add(Linear(3, 4));

        Assert.Equal(3, list.Count);
        Assert.Equal([2L, 3L, 4L], list.Select(l => l.out_features));
    }

    [Fact]
    public void Sequential_WithNames_UsesThemAsKeys()
    {
        using var sequence = Sequential(("in", Linear(1, 2)), ("act", SiLU()), ("out", Linear(2, 1)));

        Assert.Equal(["in.bias", "in.weight", "out.bias", "out.weight"], sequence.state_dict().Keys.Order());
    }
}
