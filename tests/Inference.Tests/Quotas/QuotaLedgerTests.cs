using Diffusion.Inference.Jobs;
using Diffusion.Inference.Quotas;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Quotas;

public sealed class QuotaLedgerTests
{
    private static readonly Allowance Hundred = new(RowsPerMinute: 100);

    private readonly ManualTimeProvider clock = new();
    private readonly QuotaLedger ledger;

    public QuotaLedgerTests() => ledger = new QuotaLedger(clock);

    private GenerationRefusedException Refused(Allowance allowance, long rowSteps, int rows = 1)
    {
        var refusal = Assert.Throws<GenerationRefusedException>(() => ledger.Charge("a", allowance, rowSteps, rows));
        Assert.Equal(RefusalReason.QuotaExceeded, refusal.Reason);
        return refusal;
    }

    [Fact]
    public void Charge_UpToTheLimit_IsTakenAndOneMoreRefused()
    {
        ledger.Charge("a", Hundred, 60, 1);
        ledger.Charge("a", Hundred, 40, 1);
        Assert.Equal((100L, 100L), (Refused(Hundred, 1).Quota!.Limit, Refused(Hundred, 1).Quota!.Used));
        ledger.Charge("b", Hundred, 100, 1);
    }

    [Fact]
    public void Charge_AfterTheTimeThatTheRefusalNamed_IsTaken()
    {
        ledger.Charge("a", Hundred, 100, 1);
        var refusal = Refused(Hundred, 25);
        Assert.Equal(TimeSpan.FromSeconds(15), refusal.RetryAfter);
        Assert.Equal(clock.GetUtcNow() + TimeSpan.FromSeconds(15), refusal.Quota!.ResetsAt);
        clock.Advance(TimeSpan.FromSeconds(14));
        Refused(Hundred, 25);
        clock.Advance(TimeSpan.FromSeconds(1.001));
        ledger.Charge("a", Hundred, 25, 1);
    }

    [Fact]
    public void Charge_OverAnyMinute_NeverTakesMoreThanTwoLimits()
    {
        var taken = 0;
        for (var second = 0; second < 60; second++)
        {
            for (var i = 0; i < 50; i++)
            {
                try
                {
                    ledger.Charge("a", Hundred, 1, 0);
                    taken++;
                }
                catch (GenerationRefusedException)
                {
                    break;
                }
            }
            clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.InRange(taken, 190, 200);
    }

    [Fact]
    public void Charge_LargerThanTheLimit_NeverFitsAndSaysNoTime()
    {
        var refusal = Refused(Hundred, 101);
        Assert.Null(refusal.RetryAfter);
        Assert.Contains("never fits", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settle_GivesBackWhatNeverRanAndFreesTheRowsOnce()
    {
        var allowance = new Allowance(100, ConcurrentRows: 4);
        var charge = ledger.Charge("a", allowance, 80, 3);
        Assert.Equal(QuotaState.Rows, Refused(allowance, 1, 2).Quota!.Unit);
        charge.Settle(50);
        charge.Settle(50);
        Assert.Equal(30, ledger.State("a", allowance)!.Used);
        ledger.Charge("a", allowance, 70, 4);
        Refused(allowance, 0, 1);
    }

    [Fact]
    public void State_WithoutALimit_IsNull()
    {
        Assert.Null(ledger.State("a", new Allowance(null, 4)));
        Assert.Equal((100L, 0L), (ledger.State("a", Hundred)!.Limit, ledger.State("a", Hundred)!.Used));
    }

    [Fact]
    public void State_AfterAWhile_TellsWhatHasNotRunOff()
    {
        ledger.Charge("a", Hundred, 80, 1);
        clock.Advance(TimeSpan.FromSeconds(15));
        var state = ledger.State("a", Hundred)!;
        Assert.Equal((55L, TimeSpan.FromSeconds(33), clock.GetUtcNow() + TimeSpan.FromSeconds(33)), (state.Used, state.ResetsIn, state.ResetsAt));
    }

    [Fact]
    public void Charge_ByVeryManyClients_ForgetsThoseWhoUsedLeast()
    {
        ledger.Charge("a", Hundred, 100, 0);
        for (var i = 0; i < 12_000; i++) ledger.Charge($"client-{i}", Hundred, 1, 0);
        Refused(Hundred, 1);
    }

    [Fact]
    public void Charge_ByVeryManyClients_RemembersABoundedNumberAndThoseAtWork()
    {
        var busy = ledger.Charge("busy", new Allowance(null, 1), 0, 1);
        for (var i = 0; i < 25_000; i++) ledger.Charge($"client-{i}", Hundred, 1, 0);
        Assert.InRange(ledger.Accounts, 1, 10_000);
        Assert.Throws<GenerationRefusedException>(() => ledger.Charge("busy", new Allowance(null, 1), 0, 1));
        busy.Settle(0);
        ledger.Charge("busy", new Allowance(null, 1), 0, 1);
    }
}
