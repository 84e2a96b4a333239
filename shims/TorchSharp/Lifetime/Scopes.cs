namespace TorchSharp;

public static partial class torch
{
    /// <summary>Opens a scope on this thread: tensors made from now on die with it.</summary>
    public static DisposeScope NewDisposeScope() => DisposeScopeManager.OfThread.NewScope();

    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.OfThread.Current;

    /// <summary>Runs the expression in a scope of its own and keeps only its result.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }
}
