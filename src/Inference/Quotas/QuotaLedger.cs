using System.Globalization;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Quotas;

/// <summary>What every client with a limit uses. Safe from any thread; of bounded size.</summary>
public sealed class QuotaLedger(TimeProvider time)
{
    private const int MostAccounts = 10_000;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, QuotaAccount> accounts = new(StringComparer.Ordinal);

    /// <summary>Clients that are remembered.</summary>
    internal int Accounts
    {
        get
        {
            lock (gate) return accounts.Count;
        }
    }

    /// <summary>Where a client stands with its row-steps; null if they are not limited.</summary>
    public QuotaState? State(string client, Allowance allowance)
    {
        if (allowance.RowsPerMinute is not { } limit) return null;
        lock (gate)
        {
            if (!accounts.TryGetValue(client, out var account)) return Of(limit, 0, TimeSpan.Zero, QuotaState.RowSteps);
            account.Age(time, limit);
            return Of(limit, account.Used, account.Until(0, limit), QuotaState.RowSteps);
        }
    }

    /// <summary>Charges a request to its client.</summary>
    /// <param name="client">Who asks.</param>
    /// <param name="allowance">What they may use.</param>
    /// <param name="rowSteps">n * steps, twice that with guidance.</param>
    /// <param name="rows">n, twice that with guidance.</param>
    /// <exception cref="GenerationRefusedException">QuotaExceeded; nothing is charged.</exception>
    internal QuotaCharge Charge(string client, Allowance allowance, long rowSteps, int rows)
    {
        lock (gate)
        {
            var account = Open(client);
            if (allowance.ConcurrentRows is { } most && account.Rows + rows > most) throw TooManyRows(account, most, rows);
            if (allowance.RowsPerMinute is { } limit)
            {
                account.Age(time, limit);
                if (account.Used + rowSteps > limit) throw TooManyRowSteps(account, limit, rowSteps);
            }
            account.Add(rowSteps);
            account.Rows += rows;
            return new QuotaCharge(this, account, rows);
        }
    }

    internal void Settle(QuotaAccount account, int rows, long rowStepsLeft)
    {
        lock (gate)
        {
            account.Rows -= rows;
            account.Add(-rowStepsLeft);
        }
    }

    private QuotaAccount Open(string client)
    {
        if (accounts.TryGetValue(client, out var known)) return known;
        // who has used least loses least by being forgotten
        if (accounts.Count >= MostAccounts)
            foreach (var (name, _) in accounts.Where(a => a.Value.Rows == 0).OrderBy(a => a.Value.Used).Take(MostAccounts / 2).ToArray()) accounts.Remove(name);
        return accounts[client] = new QuotaAccount(time.GetTimestamp());
    }

    private GenerationRefusedException TooManyRowSteps(QuotaAccount account, long limit, long asked)
    {
        var fits = asked <= limit;
        var wait = account.Until(fits ? limit - asked : 0, limit);
        var advice = fits ? "Try again later, or with fewer pictures or steps." : "It never fits: take fewer pictures or steps.";
        return Refusal(Of(limit, account.Used, wait, QuotaState.RowSteps), string.Create(
            CultureInfo.InvariantCulture, $"This request takes {asked} row-steps; {Math.Ceiling(account.Used)} of {limit} a minute are used. {advice}"), fits ? wait : null);
    }

    private GenerationRefusedException TooManyRows(QuotaAccount account, int most, int asked)
    {
        var fits = asked <= most;
        var advice = fits ? "Wait for one to end, or ask for fewer pictures." : "It never fits: ask for fewer pictures.";
        return Refusal(Of(most, account.Rows, Soon, QuotaState.Rows), $"This request has {asked} rows a step; {account.Rows} of {most} are at work. {advice}", fits ? Soon : null);
    }

    private QuotaState Of(long limit, double used, TimeSpan wait, string unit) => new(limit, (long)Math.Ceiling(used), time.GetUtcNow() + wait, wait, unit);

    private static GenerationRefusedException Refusal(QuotaState state, string message, TimeSpan? retryAfter) =>
        new(RefusalReason.QuotaExceeded, [new FieldError("", message)], retryAfter) { Quota = state };
}

/// <summary>What a request was charged, until it ends.</summary>
internal sealed class QuotaCharge(QuotaLedger ledger, QuotaAccount account, int rows)
{
    private int settled;

    /// <summary>The request has ended: its rows are free again, and the row-steps that never ran are given back.</summary>
    public void Settle(long rowStepsLeft)
    {
        if (Interlocked.Exchange(ref settled, 1) == 0) ledger.Settle(account, rows, rowStepsLeft);
    }
}
