using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Tests.Batching;

public class LedgerTests
{
    private readonly Ledger ledger = new();

    [Fact]
    public void Open_Newcomer_StartsWithTheOneFurthestBehind()
    {
        ledger.Settle(100);
        Assert.Equal(100, ledger.Open("new", 1).Spent);
    }

    [Fact]
    public void Close_InDebt_IsRememberedUntilTheFrontHasPassed()
    {
        ledger.Settle(100);
        var debtor = ledger.Open("debtor", 1);
        debtor.Charge(50);
        ledger.Close("debtor", debtor);
        Assert.Equal(150, ledger.Open("debtor", 1).Spent);
        ledger.Settle(149);
        Assert.Equal(1, ledger.Remembered);
        ledger.Settle(150);
        Assert.Equal(0, ledger.Remembered);
        Assert.Equal(150, ledger.Open("debtor", 1).Spent);
    }

    [Fact]
    public void Close_InCredit_LosesIt()
    {
        var idle = ledger.Open("idle", 1);
        ledger.Settle(100);
        ledger.Close("idle", idle);
        Assert.Equal(100, ledger.Open("idle", 1).Spent);
    }

    [Fact]
    public void Charge_OfTwiceTheWeight_CountsHalf()
    {
        var heavy = ledger.Open("heavy", 2);
        heavy.Charge(10);
        Assert.Equal(5, heavy.Spent);
    }

    [Fact]
    public void Close_MillionsOfNames_KeepsOnlyDebtors()
    {
        for (var i = 0; i < 10_000; i++)
        {
            var account = ledger.Open($"client {i}", 1);
            account.Charge(3);
            ledger.Close($"client {i}", account);
            ledger.Settle(i);
        }
        Assert.InRange(ledger.Remembered, 0, 5);
    }
}
