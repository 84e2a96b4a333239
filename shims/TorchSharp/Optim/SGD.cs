using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Stochastic gradient descent, with momentum.</summary>
public class SGD : OptimizerHelper, optim.IMomentum
{
    private readonly Dictionary<Parameter, Tensor> _velocities = new(ParameterIdentity.Instance);
    private readonly Options _defaults;

    public SGD(IEnumerable<Parameter> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, momentum, dampening, weight_decay, nesterov, maximize) { }

    public SGD(IEnumerable<ParamGroup> parameters, double lr, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
    {
        if (nesterov && (momentum <= 0 || dampening != 0)) throw new ArgumentException("Nesterov momentum needs a momentum and no dampening", nameof(nesterov));
        _defaults = new Options { LearningRate = lr, InitialLearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov, maximize = maximize };
        foreach (var group in parameters) add_param_group(group);
    }

    public double Momentum
    {
        get => _defaults.momentum!.Value;
        set
        {
            foreach (var group in Groups.Cast<ParamGroup>()) group.Momentum = value;
            _defaults.momentum = value;
        }
    }

    public override void add_param_group(Modules.ParamGroup param_group)
    {
        var options = Add<Options>(param_group, _defaults);
        options.momentum ??= _defaults.momentum;
        options.dampening ??= _defaults.dampening;
        options.weight_decay ??= _defaults.weight_decay;
        options.nesterov ??= _defaults.nesterov;
        options.maximize ??= _defaults.maximize;
    }

    public override Tensor? step(Func<Tensor>? closure = null) => Step(closure, (group, parameter, gradient) => Update((Options)group.Options, parameter, gradient));

    private void Update(Options o, Parameter parameter, Tensor gradient)
    {
        if (o.maximize == true) gradient = Ops.neg.Call(gradient);
        if (o.weight_decay != 0) gradient = Ops.add_Tensor.Call(gradient, parameter, o.weight_decay);
        if (o.momentum is { } momentum and not 0)
        {
            if (_velocities.TryGetValue(parameter, out var velocity))
            {
                Ops.mul__Scalar.Apply(velocity, momentum);
                Ops.add__Tensor.Apply(velocity, gradient, 1 - o.dampening!.Value);
            }
            else
            {
                _velocities[parameter] = velocity = gradient.clone().DetachFromDisposeScope();
            }
            gradient = o.nesterov == true ? Ops.add_Tensor.Call(gradient, velocity, momentum) : velocity;
        }
        Ops.add__Tensor.Apply(parameter, gradient, -o.LearningRate!.Value);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            foreach (var velocity in _velocities.Values) velocity.Dispose();
        _velocities.Clear();
        base.Dispose(disposing);
    }

    public class Options : OptimizerOptions
    {
        public double? momentum;
        public double? dampening;
        public double? weight_decay;
        public bool? nesterov;
        public bool? maximize;
    }

    public class ParamGroup : ParamGroup<Options>, optim.IMomentum
    {
        public ParamGroup() { }

        public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options) { }

        public ParamGroup(IEnumerable<Parameter> parameters, double lr = 0.001, double momentum = 0, double dampening = 0, double weight_decay = 0, bool nesterov = false, bool maximize = false)
            : base(parameters, new Options { LearningRate = lr, momentum = momentum, dampening = dampening, weight_decay = weight_decay, nesterov = nesterov, maximize = maximize }) { }

        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }
}
