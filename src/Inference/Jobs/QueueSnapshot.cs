namespace Diffusion.Inference.Jobs;

/// <summary>What the engine has before it. A row is one network evaluation for one picture at one step.</summary>
/// <param name="Policy">How the rows of a tick are chosen.</param>
/// <param name="Generations">Accepted and not ended.</param>
/// <param name="RowsWaiting">Rows accepted and not yet run.</param>
/// <param name="RowsRunning">Rows of the tick that is running or was the last.</param>
/// <param name="PredictedWaitMs">When all that is accepted will have run.</param>
/// <param name="TickMilliseconds">Running mean of a tick.</param>
/// <param name="RowMilliseconds">Running mean of a tick divided by its rows.</param>
/// <param name="Lanes">What can share a batch, busiest first.</param>
public sealed record QueueSnapshot(
    string Policy, int Generations, long RowsWaiting, int RowsRunning, double PredictedWaitMs, double TickMilliseconds, double RowMilliseconds,
    IReadOnlyList<LaneSnapshot> Lanes);

/// <summary>One lane: rows that can share a forward pass.</summary>
/// <param name="Model">Model name.</param>
/// <param name="Version">Model version.</param>
/// <param name="Determinism">Its level: strict rows share batches with their like only.</param>
/// <param name="Generations">Accepted and not ended.</param>
/// <param name="RowsWaiting">Rows accepted and not yet run.</param>
/// <param name="PredictedWaitMs">When they will have run, the other lanes taking their turns.</param>
/// <param name="Cap">Rows that a tick may have; less than the setting while the device is short of memory, and for strict rows where large batches depend on the neighbours.</param>
/// <param name="Cost">What its ticks cost.</param>
/// <param name="Classes">The same rows by class; classes without any are left out.</param>
/// <param name="Clients">The same rows by client, those with the most first; at most 100.</param>
public sealed record LaneSnapshot(
    string Model, int Version, Determinism Determinism, int Generations, long RowsWaiting, double PredictedWaitMs, int Cap, CostSnapshot Cost,
    IReadOnlyList<ClassSnapshot> Classes, IReadOnlyList<ClientSnapshot> Clients);

/// <summary>The fitted cost of a tick of b rows, t(b) = alpha + beta b.</summary>
/// <param name="AlphaMs">Milliseconds of a tick, whatever its rows.</param>
/// <param name="BetaMs">Milliseconds of one more row.</param>
/// <param name="Jitter">Standard deviation around the line, as a part of the time.</param>
/// <param name="Knee">Rows beyond which a larger tick saves less than 5 % by the row.</param>
/// <param name="Samples">Ticks measured; with none the line is a guess on the slow side.</param>
public sealed record CostSnapshot(double AlphaMs, double BetaMs, double Jitter, int Knee, long Samples);

/// <summary>The requests of a class.</summary>
/// <param name="Priority">The class, as in the field <c>priority</c>.</param>
/// <param name="Generations">Accepted and not ended.</param>
/// <param name="RowsWaiting">Rows accepted and not yet run.</param>
public sealed record ClassSnapshot(RequestClass Priority, int Generations, long RowsWaiting);

/// <summary>The requests of a client.</summary>
/// <param name="Client">Who asks.</param>
/// <param name="Generations">Accepted and not ended.</param>
/// <param name="RowsWaiting">Rows accepted and not yet run.</param>
public sealed record ClientSnapshot(string Client, int Generations, long RowsWaiting);
