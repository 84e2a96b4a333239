using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

public abstract class NormBase : Module<Tensor, Tensor>
{
    private Parameter? _weight;
    private Parameter? _bias;
    private Tensor? _mean;
    private Tensor? _var;
    private Tensor? _batches;

    private protected NormBase(string name, long features, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype) : base(name)
    {
        (num_features, this.eps, this.momentum, this.affine, track_running_stats) = (features, eps, momentum, affine, track);
        if (affine)
        {
            weight = Parameter.OfLayer(torch.ones([features], dtype, device));
            bias = Parameter.OfLayer(torch.zeros([features], dtype, device));
        }
        if (!track) return;
        running_mean = torch.zeros([features], dtype, device).DetachFromDisposeScope();
        running_var = torch.ones([features], dtype, device).DetachFromDisposeScope();
        num_batches_tracked = torch.tensor(0L, device: device).DetachFromDisposeScope();
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

    public Tensor? running_mean
    {
        get => _mean;
        set
        {
            _mean = value;
            ConditionallyRegisterBuffer(nameof(running_mean), value);
        }
    }

    public Tensor? running_var
    {
        get => _var;
        set
        {
            _var = value;
            ConditionallyRegisterBuffer(nameof(running_var), value);
        }
    }

    public Tensor? num_batches_tracked
    {
        get => _batches;
        set
        {
            _batches = value;
            ConditionallyRegisterBuffer(nameof(num_batches_tracked), value);
        }
    }

    public long num_features { get; }
    public double eps { get; set; }
    public double? momentum { get; set; }
    public bool affine { get; }
    public bool track_running_stats { get; }

    private protected override bool RegistersFields => false;

    private protected override void Replaced(string name, Tensor moved)
    {
        switch (name)
        {
            case nameof(weight): _weight = (Parameter)moved; break;
            case nameof(bias): _bias = (Parameter)moved; break;
            case nameof(running_mean): _mean = moved; break;
            case nameof(running_var): _var = moved; break;
            default: _batches = moved; break;
        }
    }
}

public abstract class BatchNorm : NormBase
{
    private protected BatchNorm(string name, long features, double eps, double? momentum, bool affine, bool track, Device? device, ScalarType? dtype)
        : base(name, features, eps, momentum, affine, track, device, dtype) { }

    public override Tensor forward(Tensor input)
    {
        var learns = training && track_running_stats;
        if (learns)
        {
            using var mode = no_grad();
            num_batches_tracked!.add_(1);
        }
        var average = momentum ?? 1.0 / num_batches_tracked!.item<long>();
        return functional.batch_norm(input, running_mean, running_var, weight, bias, training || !track_running_stats, learns ? average : 0, eps);
    }
}

public sealed class BatchNorm2d : BatchNorm
{
    internal BatchNorm2d(long features, double eps, double momentum, bool affine, bool track, Device? device, ScalarType? dtype)
        : base(nameof(BatchNorm2d), features, eps, momentum, affine, track, device, dtype) { }
}
