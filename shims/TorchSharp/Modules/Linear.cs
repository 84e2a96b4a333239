using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public sealed class Linear : Module<Tensor, Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;

    internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
    {
        (out_features, in_features) = (weight.size(0), weight.size(1));
        this.weight = weight;
        this.bias = bias;
    }

    internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(Linear))
    {
        (in_features, out_features) = (inputSize, outputSize);
        weight = Parameter.OfLayer(torch.empty([outputSize, inputSize], dtype, device));
        init.kaiming_uniform_(weight, Math.Sqrt(5));
        if (!hasBias) return;
        bias = Parameter.OfLayer(torch.empty([outputSize], dtype, device));
        var bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
        init.uniform_(bias, -bound, bound);
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

    public Parameter? bias
    {
        get => _bias;
        set
        {
            _bias = value;
            ConditionallyRegisterParameter(nameof(bias), value);
        }
    }

    public long in_features { get; set; }
    public long out_features { get; set; }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved)
    {
        if (name == nameof(weight)) _weight = (Parameter)moved;
        else _bias = (Parameter)moved;
    }

    public override Tensor forward(Tensor tensor) => functional.linear(tensor, weight, bias);
}
