using TorchSharp.Utils;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Shims.Tests.Torch.Modules;

/// <summary>One field of every kind that RegisterComponents looks at, and some that it must not.</summary>
internal sealed class RegisteredModule : Module<Tensor, Tensor>
{
    private readonly Linear first;
    private readonly Parameter scale;
    private readonly Tensor table;
    [ComponentName(Name = "renamed")]
    private readonly Linear second;
    private readonly Sequential stack;
    private readonly ModuleList<Linear> list;
    private readonly Linear[] unregistered;
    private readonly Linear? absent = null;

    public RegisteredModule() : base(nameof(RegisteredModule))
    {
        first = Linear(2, 3);
        scale = new Parameter(ones(3));
        table = arange(4, dtype: float32);
        second = Linear(3, 3, hasBias: false);
        stack = Sequential(Linear(3, 3), SiLU(), Dropout(0.5), Linear(3, 2));
        list = ModuleList(Linear(2, 2, hasBias: false), Linear(2, 1));
        unregistered = [Linear(1, 1)];
        RegisterComponents();
        register_buffer("named", zeros(2));
    }

    public int Unregistered => unregistered.Length + (absent is null ? 0 : 1);

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = stack.call(second.call(first.call(x).mul(scale)));
        foreach (var linear in list) h = linear.call(h);
        return h.add(table.sum()).MoveToOuterDisposeScope();
    }
}
