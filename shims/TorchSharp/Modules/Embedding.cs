using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public sealed class Embedding : Module<Tensor, Tensor>
{
    private readonly long _paddingIndex;
    private readonly bool _scaleByFrequency;
    private readonly bool _sparse;
    private Parameter? _weight;

    internal Embedding(long count, long dimensions, long? paddingIndex, bool scaleByFrequency, bool sparse, Device? device, ScalarType? dtype) : base(nameof(Embedding))
    {
        _paddingIndex = paddingIndex is { } p ? p < 0 ? p + count : p : -1;
        (_scaleByFrequency, _sparse) = (scaleByFrequency, sparse);
        weight = Parameter.OfLayer(torch.empty([count, dimensions], dtype, device));
        init.normal_(weight);
        if (paddingIndex is null) return;
        using var mode = no_grad();
        using var row = weight.select(0, _paddingIndex);
        row.zero_();
    }

    public Parameter weight
    {
        get => _weight!;
        set
        {
            _weight = value;
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved) => _weight = (Parameter)moved;

    public override Tensor forward(Tensor input) => Ops.embedding.Call(weight, input, _paddingIndex, _scaleByFrequency, _sparse);
}
