namespace Diffusion.Inference.Batching;

/// <summary>One picture of a request: how far it is and since when it waits.</summary>
internal sealed class SampleTurn(Work owner, int index, long tick)
{
    public Work Owner => owner;

    /// <summary>Which picture of the request, 0-based.</summary>
    public int Index => index;

    /// <summary>Rows committed; also the index of the next row.</summary>
    public int Done { get; private set; }

    /// <summary>The tick of its last commit, or of its admission.</summary>
    public long Since { get; private set; } = tick;

    public bool IsFinished => Done == owner.Steps;

    internal void Advance(long tick)
    {
        Done++;
        Since = tick;
    }
}
