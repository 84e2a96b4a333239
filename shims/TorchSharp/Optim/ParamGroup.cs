namespace TorchSharp.Modules;

/// <summary>The numbers that one group of parameters is trained with.</summary>
public class OptimizerOptions
{
    public double? LearningRate { get; set; }
    public double InitialLearningRate { get; set; }
}

/// <summary>Parameters that share their options.</summary>
public class ParamGroup : torch.optim.ILearningRateController
{
    public IEnumerable<Parameter> Parameters { get; set; } = [];
    public OptimizerOptions Options { get; set; } = new();

    public double LearningRate
    {
        get => Options.LearningRate!.Value;
        set => Options.LearningRate = value;
    }

    public double InitialLearningRate
    {
        get => Options.InitialLearningRate;
        set => Options.InitialLearningRate = value;
    }
}

public class ParamGroup<TOptions> : ParamGroup where TOptions : OptimizerOptions
{
    public ParamGroup() { }

    public ParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null)
    {
        Parameters = parameters.ToList();
        if (options is not null) Options = options;
    }

    public new TOptions Options
    {
        get => (TOptions)base.Options;
        set => base.Options = value;
    }
}

/// <summary>An optimizer with per-parameter state, stepped without gradients in a scope of its own.</summary>
public abstract class OptimizerHelper : torch.optim.Optimizer
{
    private protected OptimizerHelper() { }

    private protected torch.Tensor? Step(Func<torch.Tensor>? closure, Action<ParamGroup, Parameter, torch.Tensor> update)
    {
        torch.Tensor? loss = null;
        if (closure is not null)
            using (torch.enable_grad()) loss = closure();
        using var mode = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var group in Groups)
            foreach (var parameter in group.Parameters)
                if (parameter.grad is { } gradient) update(group, parameter, gradient);
        return loss;
    }

    /// <summary>Takes a group in; what its options leave open is the caller's to fill.</summary>
    private protected TOptions Add<TOptions>(ParamGroup group, TOptions defaults) where TOptions : OptimizerOptions, new()
    {
        if (group is not ParamGroup<TOptions> typed)
            throw new ArgumentException($"a group of {GetType().Name} was expected, not {group.GetType().FullName}", nameof(group));
        typed.Parameters = typed.Parameters.ToList();
        if (group.Options is not TOptions) typed.Options = new TOptions();
        typed.Options.LearningRate ??= defaults.LearningRate;
        typed.Options.InitialLearningRate = typed.Options.LearningRate!.Value;
        Groups.Add(typed);
        return typed.Options;
    }
}
