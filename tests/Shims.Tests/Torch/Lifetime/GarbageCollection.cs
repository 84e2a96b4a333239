namespace Shims.Tests.Torch.Lifetime;

internal static class GarbageCollection
{
    /// <summary>Finalizes what earlier tests have abandoned, so that a counter stands still.</summary>
    public static void Settle()
    {
        for (var i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
