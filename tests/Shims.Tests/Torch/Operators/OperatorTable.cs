using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

/// <summary>Fixture case name -> the same expression with TorchSharp's names.</summary>
internal sealed class OperatorTable : Dictionary<string, Func<Tensor[], Tensor[]>>
{
    public void Add(string name, Func<Tensor[], Tensor> one) => Add(name, x => [one(x)]);

    public void Add(string name, Func<Tensor[], (Tensor, Tensor)> two) => Add(name, x =>
    {
        var (first, second) = two(x);
        return [first, second];
    });
}
