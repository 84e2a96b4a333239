namespace TorchSharp.Modules;

/// <summary>A module that has nothing to train, move or save.</summary>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>
{
    protected ParameterLessModule(string name) : base(name) { }

    protected internal override torch.nn.Module _to(torch.ScalarType dtype, bool non_blocking) => this;
    protected internal override torch.nn.Module _to(torch.Device device, torch.ScalarType dtype, bool non_blocking) => this;
    protected internal override torch.nn.Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    public override void register_buffer(string name, torch.Tensor tensor, bool persistent = true) =>
        throw new InvalidOperationException($"Cannot register a buffer on parameter-less module '{GetName()}'");

    public override void register_parameter(string name, Parameter param) =>
        throw new InvalidOperationException($"Cannot register a parameter on parameter-less module '{GetName()}'");

    public override void register_module(string name, torch.nn.Module submodule) =>
        throw new InvalidOperationException($"Cannot register a submodule on parameter-less module '{GetName()}'");
}
