using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module trains. It takes over the native tensor of its data, which is invalid afterwards.</summary>
public class Parameter : Tensor
{
    public Parameter(Tensor data, bool requires_grad = true) : base(data.with_requires_grad(requires_grad).DecoupleFromNativeHandle()) { }

    /// <summary>A parameter of a built-in layer: it outlives the scope in which the layer was made.</summary>
    internal static Parameter OfLayer(Tensor data)
    {
        var parameter = new Parameter(data);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
