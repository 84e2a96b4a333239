namespace Diffusion.Inference.Batching;

/// <summary>One picture of a request: how far it is and since when it waits.</summary>
internal sealed class SampleTurn
{
    public SampleTurn(Work owner, int index, int firstRow = 0)
    {
        (Owner, Index, Done) = (owner, index, firstRow);
        (InRequest, InClient, InFlight) = (new(this), new(this), new(this));
    }

    public Work Owner { get; }

    /// <summary>Which picture of the request, 0-based.</summary>
    public int Index { get; }

    /// <summary>The index of the next row; rows before the one it entered at count as done.</summary>
    public int Done { get; private set; }

    /// <summary>The tick of its lane at its last commit, or at its admission.</summary>
    public long Since { get; internal set; }

    /// <summary>Network evaluations of its next row.</summary>
    public int Cost => Owner.CostOf(Done);

    public bool IsFinished => Done == Owner.Steps;

    /// <summary>Its places in the orders that <see cref="WorkSet"/> keeps.</summary>
    internal LinkedListNode<SampleTurn> InRequest { get; }

    internal LinkedListNode<SampleTurn> InClient { get; }

    internal LinkedListNode<SampleTurn> InFlight { get; }

    internal void Advance(long tick)
    {
        Done++;
        Since = tick;
    }
}
