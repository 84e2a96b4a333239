using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>
/// Group normalisation. In the package weight and bias are left as memory was found; here they are NaN until they are
/// initialised, so that a forgotten initialisation is seen.
/// </summary>
public sealed class GroupNorm : Module<Tensor, Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;

    internal GroupNorm(long groups, long channels, double eps, bool affine, Device? device, ScalarType? dtype) : base(nameof(GroupNorm))
    {
        if (channels % groups != 0) throw new ArgumentException($"{channels} channels do not divide into {groups} groups");
        (num_groups, this.eps, this.affine) = (groups, eps, affine);
        if (!affine) return;
        weight = Parameter.OfLayer(torch.full([channels], double.NaN, dtype ?? float32, device));
        bias = Parameter.OfLayer(torch.full([channels], double.NaN, dtype ?? float32, device));
    }

    public Parameter? weight
    {
        get => _weight;
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

    public long num_groups { get; set; }
    public double eps { get; set; }
    public bool affine { get; set; }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved)
    {
        if (name == nameof(weight)) _weight = (Parameter)moved;
        else _bias = (Parameter)moved;
    }

    public override Tensor forward(Tensor tensor) => functional.group_norm(tensor, num_groups, weight, bias, eps);
}

public sealed class LayerNorm : Module<Tensor, Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;

    internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, Device? device, ScalarType? dtype) : base(nameof(LayerNorm))
    {
        (normalized_shape, this.eps, elementwise_affine) = (shape, eps, affine);
        if (!affine) return;
        weight = Parameter.OfLayer(torch.ones(shape, dtype, device));
        if (hasBias) bias = Parameter.OfLayer(torch.zeros(shape, dtype, device));
    }

    public Parameter? weight
    {
        get => _weight;
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

    public long[] normalized_shape { get; set; }
    public double eps { get; set; }
    public bool elementwise_affine { get; set; }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved)
    {
        if (name == nameof(weight)) _weight = (Parameter)moved;
        else _bias = (Parameter)moved;
    }

    public override Tensor forward(Tensor tensor) => functional.layer_norm(tensor, normalized_shape, weight, bias, eps);
}
