using Diffusion.Inference.Store;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Store;

public sealed class AnswerLedgerTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    private static KeptAnswer Answer(int bytes = 3) => new(201, new Dictionary<string, string> { ["Location"] = "/there" }, new byte[bytes]);

    [Fact]
    public async Task Claim_KeptAnswer_IsReplayedAlsoAfterARestart()
    {
        await using (var first = await StoreRig.StartAsync(folder))
        {
            using var claim = first.Ledger.Claim("key", "print");
            Assert.Equal(AnswerOutcome.Fresh, claim.Outcome);
            await first.Ledger.KeepAsync(claim, Answer());
        }
        await using var second = await StoreRig.StartAsync(folder);
        using var replay = second.Ledger.Claim("key", "print");
        Assert.Equal(AnswerOutcome.Replay, replay.Outcome);
        Assert.Equal((201, "/there", 3), (replay.Answer!.Status, replay.Answer.Headers["Location"], replay.Answer.Body.Length));
        Assert.Equal(AnswerOutcome.Reused, second.Ledger.Claim("key", "other").Outcome);
        Assert.Equal(AnswerOutcome.Fresh, second.Ledger.Claim("key2", "print").Outcome);
    }

    [Fact]
    public async Task Claim_WhileInProgress_IsNotFresh()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var claim = rig.Ledger.Claim("key", "print");
        Assert.Equal(AnswerOutcome.InProgress, rig.Ledger.Claim("key", "print").Outcome);
        Assert.Equal(AnswerOutcome.Reused, rig.Ledger.Claim("key", "other").Outcome);
        claim.Dispose();
        Assert.Equal(AnswerOutcome.Fresh, rig.Ledger.Claim("key", "other").Outcome);
    }

    [Fact]
    public async Task Claim_AfterADay_IsFresh()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: ("SweepInterval", "1.00:00:00"));
        using (var claim = rig.Ledger.Claim("key", "print")) await rig.Ledger.KeepAsync(claim, Answer());
        rig.Clock.Advance(TimeSpan.FromHours(25));
        using (var again = rig.Ledger.Claim("key", "other"))
        {
            Assert.Equal(AnswerOutcome.Fresh, again.Outcome);
            await rig.Ledger.KeepAsync(again, new KeptAnswer(200, new Dictionary<string, string> { ["X-Seed"] = "5" }, [7, 7]));
        }
        using var replay = rig.Ledger.Claim("key", "other");
        Assert.Equal(AnswerOutcome.Replay, replay.Outcome);
        // nothing of the older answer is left
        Assert.Equal((200, "X-Seed"), (replay.Answer!.Status, Assert.Single(replay.Answer.Headers).Key));
        Assert.Equal([7, 7], replay.Answer.Body);
    }

    [Fact]
    public async Task Sweep_TooOldOrTooMuch_IsForgotten()
    {
        await using var rig = await StoreRig.StartAsync(folder, settings: [("MaxAnswerBytes", 1 << 16), ("SweepInterval", "1.00:00:00")]);
        Assert.Equal(1 << 13, rig.Ledger.MostBytes);
        for (var i = 0; i < 40; i++)
        {
            using var claim = rig.Ledger.Claim($"key{i}", "print");
            await rig.Ledger.KeepAsync(claim, Answer(4096));
            rig.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Equal(AnswerOutcome.Fresh, rig.Ledger.Claim("key0", "print").Outcome);
        Assert.Equal(AnswerOutcome.Replay, rig.Ledger.Claim("key39", "print").Outcome);
        Assert.InRange(rig.Session.Database.Read(c => c.Answers.Sum(a => a.Bytes)), 1, 1 << 16);
        rig.Clock.Advance(TimeSpan.FromHours(25));
        await rig.Retention.SweepAsync(rig.Session);
        Assert.Equal(0, rig.Session.Database.Read(c => c.Answers.Count()));
    }

    [Fact]
    public async Task Keep_WithAReply_AnswersARepetitionAfterACrash()
    {
        string id;
        await using (var first = await StoreRig.StartAsync(folder))
        {
            using var claim = first.Ledger.Claim("key", "print");
            var generation = first.Generations.Submit(StoreRig.Request);
            id = generation.Id;
            await first.Archive.KeepAsync(generation, new Dictionary<string, string>(), claim, record => new KeptAnswer(202, new Dictionary<string, string> { ["Location"] = record.Id }, []));
        }
        await using var second = await StoreRig.StartAsync(folder);
        using var replay = second.Ledger.Claim("key", "print");
        Assert.Equal((AnswerOutcome.Replay, id), (replay.Outcome, replay.Answer!.Headers["Location"]));
    }

    public void Dispose() => folder.Dispose();
}
