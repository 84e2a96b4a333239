namespace Diffusion.Inference.Engine;

/// <summary>One lane on a device: a network and the states of its pictures, a slot each. Engine thread only.</summary>
internal interface ILaneRunner : IDisposable
{
    /// <summary>Slots that are taken and not released.</summary>
    int UsedSlots { get; }

    /// <summary>Takes a slot for each picture and writes its first state. If it throws, none is taken.</summary>
    /// <param name="x">[K, C, H, W].</param>
    /// <param name="memory">h of a network with a memory, [K, C, H, W]; empty for one without.</param>
    /// <param name="keepsHistory">Whether a row of these pictures uses the x_0 of the row before.</param>
    /// <returns>K slots.</returns>
    int[] Place(float[] x, float[] memory, bool keepsHistory);

    /// <summary>Frees a slot.</summary>
    void Release(int slot);

    /// <summary>
    /// Runs one row of each picture. The states of all rows that are finite change together at the very end, or, if it
    /// throws, none does: the same rows can be run again.
    /// </summary>
    /// <param name="rows">At least one.</param>
    /// <param name="size">The network is evaluated on exactly so many at a time, what is missing padded; 0 for all at once.</param>
    RowOutputs Run(IReadOnlyList<RowInput> rows, int size);
}
