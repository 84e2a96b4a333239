using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Owns every tensor that its thread creates until it is disposed, and then disposes them.</summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _manager;

    // a list through the tensors themselves: a scope costs an operator two writes and no allocation
    private Tensor? _first;
    private Tensor? _last;

    internal DisposeScope(DisposeScopeManager manager, DisposeScope? outer)
    {
        _manager = manager;
        OuterScope = outer;
    }

    internal DisposeScope? OuterScope { get; }

    public int DisposablesCount { get; private set; }

    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            var list = new List<IDisposable>(DisposablesCount);
            for (var tensor = _first; tensor is not null; tensor = tensor.NextInScope) list.Add(tensor);
            return list;
        }
    }

    internal void Add(Tensor tensor)
    {
        tensor.OwningScope = this;
        tensor.PreviousInScope = _last;
        if (_last is null) _first = tensor;
        else _last.NextInScope = tensor;
        _last = tensor;
        DisposablesCount++;
    }

    private bool Remove(Tensor tensor)
    {
        if (!ReferenceEquals(tensor.OwningScope, this)) return false;
        if (tensor.PreviousInScope is { } previous) previous.NextInScope = tensor.NextInScope;
        else _first = tensor.NextInScope;
        if (tensor.NextInScope is { } next) next.PreviousInScope = tensor.PreviousInScope;
        else _last = tensor.PreviousInScope;
        tensor.OwningScope = null;
        tensor.PreviousInScope = tensor.NextInScope = null;
        DisposablesCount--;
        return true;
    }

    public bool Contains(IDisposable disposable) => disposable is Tensor tensor && ReferenceEquals(tensor.OwningScope, this);

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        MoveToOther(OuterScope, (IDisposable)disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
        => MoveToOther(OuterScope, first, second);

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => MoveToOther(OuterScope, first, second, third);

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOther(OuterScope, (IEnumerable<IDisposable>)disposables);
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(OuterScope, disposables);

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        Move(scope, disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOther<T1, T2>(DisposeScope? scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        Move(scope, first);
        Move(scope, second);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) MoveToOther<T1, T2, T3>(DisposeScope? scope, T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        Move(scope, first);
        Move(scope, second);
        Move(scope, third);
        return (first, second, third);
    }

    public void MoveToOther(DisposeScope? scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope? scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) Move(scope, disposable);
    }

    private void Move(DisposeScope? scope, IDisposable? disposable)
    {
        if (disposable is not Tensor tensor || !Remove(tensor)) return;
        if (scope is null) _manager.Tensors.DetachedFromScopeCount++;
        else scope.Add(tensor);
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        Move(null, disposable);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
        => MoveToOther(null, first, second);

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => MoveToOther(null, first, second, third);

    public void Detach(params IDisposable[] disposables) => MoveToOther(null, (IEnumerable<IDisposable>)disposables);
    public void Detach(IEnumerable<IDisposable> disposables) => MoveToOther(null, disposables);

    /// <summary>Takes ownership of a tensor from whatever scope has it, or from none.</summary>
    public void Attach(IDisposable disposable)
    {
        if (disposable is not Tensor tensor) throw new InvalidOperationException("only tensors can be attached to a dispose scope");
        if (ReferenceEquals(tensor.OwningScope, this)) return;
        if (tensor.OwningScope is { } other) other.Remove(tensor);
        else _manager.Tensors.AttachedToScopeCount++;
        Add(tensor);
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var list = disposables as IReadOnlyList<IDisposable> ?? disposables.ToList();
        foreach (var disposable in list) Attach(disposable);
        return list;
    }

    public void DisposeEverything()
    {
        while (_first is { } tensor) tensor.Dispose();
    }

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var kept = inKeep.ToHashSet<IDisposable>(System.Collections.Generic.ReferenceEqualityComparer.Instance);
        for (var tensor = _first; tensor is not null;)
        {
            var next = tensor.NextInScope;
            if (!kept.Contains(tensor)) tensor.Dispose();
            tensor = next;
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    /// <summary>A tensor that was disposed by hand leaves its scope.</summary>
    public void MarkAsDisposed(IDisposable disposable)
    {
        _manager.Tensors.DisposedInScopeCount++;
        if (disposable is Tensor tensor) Remove(tensor);
    }

    public void Dispose()
    {
        DisposeEverything();
        _manager.Remove(this);
    }
}
