namespace Diffusion.Inference.Batching;

/// <summary>One picture of a request: how far it is and since when it waits.</summary>
internal sealed class SampleTurn(Work owner, int index, long tick, int firstRow = 0)
{
    public Work Owner => owner;

    /// <summary>Which picture of the request, 0-based.</summary>
    public int Index => index;

    /// <summary>The index of the next row; rows before the one it entered at count as done.</summary>
    public int Done { get; private set; } = firstRow;

    /// <summary>The tick of its last commit, or of its admission.</summary>
    public long Since { get; private set; } = tick;

    /// <summary>Network evaluations of its next row.</summary>
    public int Cost => owner.CostOf(Done);

    /// <summary>Network evaluations that it still takes.</summary>
    public long RowsLeft => owner.RowsFrom(Done);

    public bool IsFinished => Done == owner.Steps;

    internal void WaitFrom(long tick) => Since = tick;

    internal void Advance(long tick)
    {
        Done++;
        Since = tick;
    }
}
