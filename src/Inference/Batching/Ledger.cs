namespace Diffusion.Inference.Batching;

/// <summary>
/// Deficit round robin over measured time. Everybody's deficit is how far its account is behind; whoever is furthest
/// behind is next, so two that both have work never differ by more than one tick on each side. The quantum of a turn is
/// one tick.
/// </summary>
/// <remarks>
/// Whoever leaves loses its credit: it comes back at the front, the smallest account of those who stayed. Debt is kept
/// until the front has passed it, so nobody sheds it by leaving and coming back.
/// </remarks>
internal sealed class Ledger
{
    private readonly Dictionary<string, double> debts = new(StringComparer.Ordinal);
    private readonly PriorityQueue<string, double> passing = new();
    private double front;

    /// <summary>Those who left in debt and are remembered for it.</summary>
    public int Remembered => debts.Count;

    public Account Open(string name, double weight) => new(weight, Math.Max(front, debts.GetValueOrDefault(name)));

    public void Close(string name, Account account)
    {
        if (account.Spent <= front) return;
        debts[name] = account.Spent;
        passing.Enqueue(name, account.Spent);
    }

    /// <summary>Moves the front up to the smallest account of those who have work.</summary>
    public void Settle(double smallest)
    {
        front = Math.Max(front, smallest);
        while (passing.TryPeek(out var name, out var spent) && spent <= front)
        {
            passing.Dequeue();
            if (debts.TryGetValue(name, out var debt) && debt <= front) debts.Remove(name);
        }
    }
}
