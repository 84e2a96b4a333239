using System.Globalization;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>Modules that feed each other, under given names or "0", "1" and so on.</summary>
public class Sequential : Module<Tensor, Tensor>
{
    private readonly List<IModule<Tensor, Tensor>> _steps = [];

    internal Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) : base(nameof(Sequential))
    {
        foreach (var (name, module) in modules) append(name, module);
    }

    internal Sequential(IEnumerable<Module<Tensor, Tensor>> modules) : base(nameof(Sequential))
    {
        foreach (var module in modules) append(module);
    }

    protected Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) : this(modules.AsEnumerable()) { }

    protected Sequential(params Module<Tensor, Tensor>[] modules) : this(modules.AsEnumerable()) { }

    public int Count => _steps.Count;

    [IndexerName("SequentialItems")]
    public IModule<Tensor, Tensor> this[int index] => _steps[index];

    public Sequential append(IModule<Tensor, Tensor> module) => append(_steps.Count.ToString(CultureInfo.InvariantCulture), module);

    public Sequential append(string name, IModule<Tensor, Tensor> module)
    {
        register_module(name, (nn.Module)module);
        _steps.Add(module);
        return this;
    }

    private protected override bool RegistersFields => false;

    public override Tensor forward(Tensor tensor)
    {
        if (_steps.Count == 0) return tensor.alias();
        using var scope = NewDisposeScope();
        var x = tensor;
        foreach (var step in _steps) x = step.call(x);
        return x.MoveToOuterDisposeScope();
    }
}
