using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The running moments of Adam and AdamW, one set a parameter.</summary>
internal sealed class AdamMoments : IDisposable
{
    private readonly Dictionary<Parameter, State> _states = new(ParameterIdentity.Instance);

    internal readonly record struct Rule(double LearningRate, double Beta1, double Beta2, double Eps, double WeightDecay, bool Decoupled, bool Amsgrad, bool Maximize);

    /// <summary>One step of one parameter, operation by operation as PyTorch's single-tensor form.</summary>
    internal void Update(in Rule rule, Parameter parameter, Tensor gradient)
    {
        if (!_states.TryGetValue(parameter, out var state)) _states[parameter] = state = new State(parameter, rule.Amsgrad);
        state.Step++;
        var correction1 = 1 - Math.Pow(rule.Beta1, state.Step);
        var correction2 = 1 - Math.Pow(rule.Beta2, state.Step);
        if (rule.Maximize) gradient = Ops.neg.Call(gradient);
        if (rule.WeightDecay != 0)
        {
            if (rule.Decoupled) Ops.mul__Scalar.Apply(parameter, 1 - rule.LearningRate * rule.WeightDecay);
            else gradient = Ops.add_Tensor.Call(gradient, parameter, rule.WeightDecay);
        }
        Ops.mul__Scalar.Apply(state.First, rule.Beta1);
        Ops.add__Tensor.Apply(state.First, gradient, 1 - rule.Beta1);
        Ops.mul__Scalar.Apply(state.Second, rule.Beta2);
        Ops.addcmul_.Apply(state.Second, gradient, gradient, 1 - rule.Beta2);
        var second = state.Second;
        if (state.Largest is { } largest)
        {
            using var larger = Ops.maximum.Call(largest, second);
            second = largest.copy_(larger);
        }
        var denominator = Ops.sqrt.Call(second);
        Ops.div__Scalar.Apply(denominator, Math.Sqrt(correction2));
        Ops.add__Scalar.Apply(denominator, rule.Eps);
        Ops.addcdiv_.Apply(parameter, state.First, denominator, -rule.LearningRate / correction1);
    }

    public void Dispose()
    {
        foreach (var state in _states.Values)
        {
            state.First.Dispose();
            state.Second.Dispose();
            state.Largest?.Dispose();
        }
        _states.Clear();
    }

    private sealed class State(Parameter parameter, bool amsgrad)
    {
        internal long Step;
        internal readonly Tensor First = zeros_like(parameter).DetachFromDisposeScope();
        internal readonly Tensor Second = zeros_like(parameter).DetachFromDisposeScope();
        internal readonly Tensor? Largest = amsgrad ? zeros_like(parameter).DetachFromDisposeScope() : null;
    }
}
