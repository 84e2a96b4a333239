using Diffusion.Inference.Engine;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>The lane as the engine sees it: notes who has which slot, and what ran.</summary>
internal sealed class Observer(World world, ILaneRunner inner) : LaneRunnerShell(inner)
{
    private readonly Dictionary<int, (ulong Seed, int Sample)?> owners = [];

    public override int[] Place(float[] x, float[] memory, bool keepsHistory)
    {
        var slots = base.Place(x, memory, keepsHistory);
        foreach (var slot in slots)
            if (!owners.TryAdd(slot, null)) world.Report(Laws.Conservation, $"slot {slot} was given to two pictures");
        world.UsedSlots += slots.Length;
        return slots;
    }

    public override void Release(int slot)
    {
        if (!owners.Remove(slot)) world.Report(Laws.Conservation, $"slot {slot} was released twice");
        world.UsedSlots--;
        base.Release(slot);
    }

    public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
    {
        foreach (var row in rows) CheckOwner(row);
        world.Begins(rows);
        RowOutputs outputs;
        try
        {
            outputs = base.Run(rows, size);
        }
        catch (Exception)
        {
            world.Failed(rows);
            throw;
        }
        world.Ran(rows, outputs);
        return outputs;
    }

    private void CheckOwner(RowInput row)
    {
        var picture = (row.Seed, row.Sample);
        if (!owners.TryGetValue(row.Slot, out var owner)) world.Report(Laws.Conservation, $"{picture} ran in slot {row.Slot}, which is nobody's");
        else if (owner is null && owners.ContainsValue(picture)) world.Report(Laws.Conservation, $"{picture} has two slots");
        else if (owner is not null && owner != picture) world.Report(Laws.Conservation, $"{picture} ran in slot {row.Slot} of {owner}");
        owners[row.Slot] = picture;
    }
}
