using System.Globalization;
using Diffusion.Inference.Store;
using Diffusion.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Diffusion.Inference.Tests.Store;

public sealed class StoreWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = StoreRig.Folder();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Write_ChangeThatFails_DoesNotTakeItsNeighboursWithIt()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        var writer = rig.Session.Writer;
        using var gate = new ManualResetEventSlim();
        // while it is applied the others come, and share a commit
        var slow = writer.WriteAsync(context => gate.Wait(TimeSpan.FromSeconds(60)));
        var before = writer.WriteAsync(context => context.Add(Row("before", rig)).Entity.Key);
        var broken = writer.WriteAsync<int>(_ => throw new InvalidOperationException("broken"));
        var after = writer.WriteAsync(context => context.Add(Row("after", rig)).Entity.Key);
        gate.Set();
        Assert.Equal("broken", (await Assert.ThrowsAsync<InvalidOperationException>(() => broken)).Message);
        Assert.Equal((true, "before", "after"), (await slow, await before, await after));
        Assert.Equal(["after", "before"], rig.Session.Database.Read(c => c.Answers.Select(a => a.Key).ToArray()).Order());
    }

    /// <summary>What is answered is on the disk: in WAL mode only FULL (2) flushes at every commit, says SQLite of its pragma synchronous.</summary>
    [Fact]
    public async Task Commit_IsFlushed()
    {
        await using var rig = await StoreRig.StartAsync(folder);
        Assert.Equal(("wal", 2), await rig.Session.Writer.WriteAsync(context => ((string)Ask(context, "PRAGMA journal_mode"), Convert.ToInt32(Ask(context, "PRAGMA synchronous"), CultureInfo.InvariantCulture))));
    }

    private static AnswerRow Row(string key, StoreRig rig) =>
        new() { Key = key, Fingerprint = "", Created = rig.Clock.GetUtcNow().ToUnixTimeMilliseconds(), Status = 201, Headers = "{}", Body = [], Bytes = 0 };

    private static object Ask(StoreContext context, string pragma)
    {
        using var command = context.Database.GetDbConnection().CreateCommand();
        (command.CommandText, command.Transaction) = (pragma, context.Database.CurrentTransaction!.GetDbTransaction());
        return command.ExecuteScalar()!;
    }
}
