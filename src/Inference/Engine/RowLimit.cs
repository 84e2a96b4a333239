namespace Diffusion.Inference.Engine;

/// <summary>
/// How many evaluations a batch of one lane may have: halved when the device runs out of memory, one size more after
/// many batches that fit (additive increase, multiplicative decrease).
/// </summary>
/// <param name="sizes">The sizes to choose from, ascending; it starts with the last.</param>
internal sealed class RowLimit(IReadOnlyList<int> sizes)
{
    /// <summary>Batches that must fit before a larger one is tried.</summary>
    public const int CleanBatches = 200;

    private int index = sizes.Count - 1, clean;

    public int Rows => sizes[index];

    /// <summary>Whether nothing is held back.</summary>
    public bool IsWhole => index == sizes.Count - 1;

    /// <summary>A batch did not fit.</summary>
    /// <param name="evaluations">What it had.</param>
    public void OutOfMemory(int evaluations)
    {
        clean = 0;
        while (index > 0 && sizes[index] > evaluations / 2) index--;
    }

    /// <summary>A batch fitted.</summary>
    public void Fitted()
    {
        if (IsWhole || ++clean < CleanBatches) return;
        clean = 0;
        index++;
    }
}
