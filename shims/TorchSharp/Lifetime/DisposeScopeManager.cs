using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>The stack of dispose scopes of one thread, and its counters.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? s_ofThread;

    private readonly Stack<DisposeScope> _scopes = new();
    private readonly ThreadDisposeScopeStatistics _statistics = new();

    internal LifetimeStatistics Tensors => _statistics.TensorStatistics;

    internal static DisposeScopeManager OfThread => s_ofThread ??= new DisposeScopeManager();

    public static ThreadDisposeScopeStatistics Statistics => OfThread._statistics;

    internal DisposeScope? Current => _scopes.TryPeek(out var scope) ? scope : null;

    internal DisposeScope NewScope()
    {
        var scope = new DisposeScope(this, Current);
        _scopes.Push(scope);
        return scope;
    }

    internal void Remove(DisposeScope scope)
    {
        if (!_scopes.Contains(scope)) return;
        if (!ReferenceEquals(_scopes.Peek(), scope))
            throw new InvalidOperationException("dispose scopes are disposed in the opposite order of their creation, on the thread that made them");
        _scopes.Pop();
    }

    internal void Register(Tensor tensor)
    {
        if (_scopes.TryPeek(out var scope))
        {
            Tensors.CreatedInScopeCount++;
            scope.Add(tensor);
        }
        else
        {
            Tensors.CreatedOutsideScopeCount++;
        }
    }
}

/// <summary>How many objects of one kind a thread has created and disposed, in scopes and outside.</summary>
public class LifetimeStatistics
{
    public long CreatedOutsideScopeCount { get; internal set; }
    public long DisposedOutsideScopeCount { get; internal set; }
    public long CreatedInScopeCount { get; internal set; }
    public long DisposedInScopeCount { get; internal set; }
    public long AttachedToScopeCount { get; internal set; }
    public long DetachedFromScopeCount { get; internal set; }

    /// <summary>All that were created less all that were disposed.</summary>
    public long ThreadTotalLiveCount => CreatedOutsideScopeCount + CreatedInScopeCount - DisposedOutsideScopeCount - DisposedInScopeCount;

    public void Reset()
    {
        CreatedOutsideScopeCount = DisposedOutsideScopeCount = CreatedInScopeCount = 0;
        DisposedInScopeCount = AttachedToScopeCount = DetachedFromScopeCount = 0;
    }

    public override string ToString() =>
        $"ThreadTotalLiveCount: {ThreadTotalLiveCount}; CreatedOutsideScopeCount: {CreatedOutsideScopeCount}; DisposedOutsideScopeCount: {DisposedOutsideScopeCount}; CreatedInScopeCount: {CreatedInScopeCount}; DisposedInScopeCount: {DisposedInScopeCount}; AttachedToScopeCount: {AttachedToScopeCount}; DetachedFromScopeCount: {DetachedFromScopeCount}";
}

/// <summary>The counters of a thread.</summary>
public class ThreadDisposeScopeStatistics
{
    public LifetimeStatistics TensorStatistics { get; } = new();
    public long CreatedOutsideScopeCount => TensorStatistics.CreatedOutsideScopeCount;
    public long DisposedOutsideScopeCount => TensorStatistics.DisposedOutsideScopeCount;
    public long CreatedInScopeCount => TensorStatistics.CreatedInScopeCount;
    public long DisposedInScopeCount => TensorStatistics.DisposedInScopeCount;
    public long AttachedToScopeCount => TensorStatistics.AttachedToScopeCount;
    public long DetachedFromScopeCount => TensorStatistics.DetachedFromScopeCount;
    public long ThreadTotalLiveCount => TensorStatistics.ThreadTotalLiveCount;
    public void Reset() => TensorStatistics.Reset();
    public override string ToString() => TensorStatistics.ToString();
}
