namespace Diffusion.Inference.Jobs;

/// <summary>What the engine has before it. A row is one network evaluation for one picture at one step.</summary>
/// <param name="Generations">Accepted and not ended.</param>
/// <param name="RowsWaiting">Rows accepted and not yet run.</param>
/// <param name="RowsRunning">Rows of the tick that is running or was the last.</param>
/// <param name="TickMilliseconds">Running mean of a tick.</param>
/// <param name="RowMilliseconds">Running mean of a tick divided by its rows.</param>
/// <param name="Lanes">What can share a batch, busiest first.</param>
public sealed record QueueSnapshot(
    int Generations, long RowsWaiting, int RowsRunning, double TickMilliseconds, double RowMilliseconds, IReadOnlyList<LaneSnapshot> Lanes);

/// <summary>One lane: rows that can share a forward pass.</summary>
public sealed record LaneSnapshot(string Model, int Version, int Generations, long RowsWaiting);
