using System.Security.Cryptography;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Imports;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Tests.Imports;

public sealed class SetImportsTests : IDisposable
{
    private static readonly ImportSettings Settings = new() { Size = 8 };
    private static readonly byte[] Bytes = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 7 + i / 251))];

    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider clock = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
    private readonly ImportOptions limits = new() { MaxBodyBytes = 150_000 };

    public void Dispose()
    {
        folder.Dispose();
        patience.Dispose();
    }

    [Fact]
    public async Task Receive_Parts_AreOneFileInTheEnd()
    {
        var imports = Imports();
        var id = Open(imports);
        Assert.Equal((SetImportState.Receiving, 70_000L), Told(await Send(imports, id, 0, 70_000)));
        Assert.Equal((SetImportState.Receiving, 70_001L), Told(await Send(imports, id, 70_000, 70_001)));
        Assert.Equal((SetImportState.Queued, 200_000L), Told(await Send(imports, id, 70_001, 200_000)));
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(Content(id)));
        await Assert.ThrowsAsync<ImportConflictException>(() => Send(imports, id, 200_000, 200_000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(69_999)]
    [InlineData(70_001)]
    public async Task Receive_AtAnotherOffset_TakesNothingAndNamesTheRightOne(int offset)
    {
        var imports = Imports();
        var id = Open(imports);
        await Send(imports, id, 0, 70_000);
        var refused = await Assert.ThrowsAsync<UploadOffsetException>(() => Send(imports, id, offset, 100_000));
        Assert.Equal((70_000, offset), (refused.Expected, refused.Provided));
        Assert.Equal((70_000, 70_000), (imports.Find(id)!.Offset, new FileInfo(Content(id)).Length));
    }

    [Fact]
    public async Task Receive_OtherBytesThanTheirDigest_TakesNothing()
    {
        var imports = Imports();
        var id = Open(imports);
        await Send(imports, id, 0, 70_000);
        await Assert.ThrowsAsync<UploadDigestException>(() => imports.ReceiveAsync(id, 70_000, Part(70_000, 100_000), SHA256.HashData(Bytes), null, CancellationToken.None));
        Assert.Equal((70_000, 70_000), (imports.Find(id)!.Offset, new FileInfo(Content(id)).Length));
        var taken = await imports.ReceiveAsync(id, 70_000, Part(70_000, 100_000), SHA256.HashData(Bytes.AsSpan(70_000, 30_000)), null, CancellationToken.None);
        Assert.Equal(100_000, taken!.Offset);
    }

    [Theory]
    [InlineData(false, 130_000)]
    [InlineData(true, 70_000)]
    public async Task Receive_BodyThatBreaksOff_CountsByteByByteOrWithItsDigestNotAtAll(bool withDigest, int counts)
    {
        var imports = Imports();
        var id = Open(imports);
        await Send(imports, id, 0, 70_000);
        var digest = withDigest ? SHA256.HashData(Bytes.AsSpan(70_000)) : null;
        await Assert.ThrowsAsync<IOException>(() => imports.ReceiveAsync(id, 70_000, new Breaking(Part(70_000, 130_000)), digest, null, CancellationToken.None));
        Assert.Equal(counts, imports.Find(id)!.Offset);
        await Send(imports, id, counts, 200_000);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(Content(id)));
    }

    [Fact]
    public async Task Receive_MoreThanAnnouncedOrThanABodyMayHave_TakesNothing()
    {
        var imports = Imports();
        var id = Open(imports);
        await Assert.ThrowsAsync<UploadTooLongException>(() => Send(imports, id, 0, 150_001));
        await Send(imports, id, 0, 150_000);
        await Assert.ThrowsAsync<UploadTooLongException>(() => imports.ReceiveAsync(id, 150_000, new MemoryStream([.. Bytes.Skip(150_000), 1]), null, null, CancellationToken.None));
        Assert.Equal((150_000, 150_000), (imports.Find(id)!.Offset, new FileInfo(Content(id)).Length));
    }

    [Fact]
    public async Task Restart_UploadGoesOn_AndWhatNeverCountedIsCutOff()
    {
        var id = Open(Imports());
        await Send(Imports(), id, 0, 70_000);
        // what a process leaves that dies before its bytes count
        await using (var torn = new FileStream(Content(id), FileMode.Append)) torn.Write(new byte[5000]);
        var again = Imports();
        Assert.Equal((SetImportState.Receiving, 70_000L), Told(again.Find(id)!));
        await Send(again, id, 70_000, 200_000);
        Assert.Equal(Bytes, await File.ReadAllBytesAsync(Content(id)));
        Assert.Equal(SetImportState.Queued, Imports().Find(id)!.State);
    }

    [Fact]
    public async Task Receive_WhileAnotherSends_EndsItAndLosesNothing()
    {
        var imports = Imports();
        var id = Open(imports);
        using var stuck = new Stuck(Part(0, 70_000));
        var first = imports.ReceiveAsync(id, 0, stuck, null, null, CancellationToken.None);
        await stuck.IsWaited;
        Assert.Equal(70_000, (await Assert.ThrowsAsync<UploadOffsetException>(() => Send(imports, id, 0, 10))).Expected);
        await Assert.ThrowsAsync<ImportConflictException>(() => first);
        Assert.Equal((SetImportState.Queued, 200_000L), Told(await Send(imports, id, 70_000, 200_000)));
    }

    [Fact]
    public async Task Open_BeyondTheLimits_IsRefused()
    {
        limits.MaxOpen = 2;
        limits.MaxBytes = 1000;
        limits.MaxTotalBytes = 1500;
        var imports = Imports();
        Assert.Throws<UploadTooLongException>(() => imports.Open("a", Settings, 1001, null));
        var id = imports.Open("a", Settings, 1000, null).Id;
        Assert.Contains("1500 bytes together", Assert.Throws<ImportsFullException>(() => imports.Open("b", Settings, 501, null)).Message, StringComparison.Ordinal);
        imports.Open("b", Settings, 500, null);
        Assert.Contains("2 uploads", Assert.Throws<ImportsFullException>(() => imports.Open("c", Settings, 1, null)).Message, StringComparison.Ordinal);
        Assert.True(await imports.DropAsync(id, CancellationToken.None));
        imports.Open("c", Settings, 1, null);
        Assert.False(Directory.Exists(Path.GetDirectoryName(Content(id))));
    }

    [Fact]
    public void Open_NameOfASetOrOfAnotherUpload_IsRefused()
    {
        TinySet.Write(folder["data"]);
        var imports = Imports();
        Assert.Equal(TinySet.Name, Assert.Throws<ImageSetExistsException>(() => imports.Open(TinySet.Name, Settings, 10, null)).Name);
        var id = imports.Open("mine", Settings, 10, null).Id;
        Assert.Contains(id, Assert.Throws<ImageSetExistsException>(() => imports.Open("mine", Settings, 10, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tidy_UploadThatNobodyGoesOnWith_IsGivenUp()
    {
        var imports = Imports();
        var (left, kept) = (Open(imports, "left"), Open(imports, "kept"));
        clock.Advance(limits.UploadAge - TimeSpan.FromSeconds(1));
        await Send(imports, kept, 0, 1);
        Assert.Empty(imports.Tidy());
        Assert.Equal(clock.GetUtcNow() + TimeSpan.FromSeconds(1), imports.ExpiryOf(imports.Find(left)!));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([left], imports.Tidy().Select(i => i.Id));
        Assert.Equal([kept], imports.All.Select(i => i.Id));
        Assert.Equal([kept], Directory.GetDirectories(folder["state/imports"]).Select(Path.GetFileName));
        // what is complete waits for its import however long that takes
        await Send(imports, kept, 1, 140_000);
        await Send(imports, kept, 140_000, 200_000);
        clock.Advance(limits.UploadAge * 2);
        Assert.Empty(imports.Tidy());
        Assert.NotNull(imports.Find(kept));
    }

    [Fact]
    public async Task Watch_One_TellsEachTurnAndTheLastProgress_AndEnds()
    {
        var imports = Imports();
        var id = Open(imports);
        var other = Open(imports, "other");
        await using var news = imports.WatchAsync(id, CancellationToken.None, patience.Token).GetAsyncEnumerator();
        await Next(SetImportState.Receiving, 0, isTurn: true);
        await Send(imports, other, 0, 10);
        await Send(imports, id, 0, 100_000);
        await Next(SetImportState.Receiving, 100_000, isTurn: false);
        await Send(imports, id, 100_000, 200_000);
        await Next(SetImportState.Queued, 200_000, isTurn: true);
        using var active = await imports.TakeAsync(CancellationToken.None);
        await Next(SetImportState.Importing, 200_000, isTurn: true);
        imports.Advance(active, new ImportProgress(1, 9, 0));
        Assert.Equal((false, 1), await Progress());
        // too soon after the one before to be told; nothing of it is lost
        imports.Advance(active, new ImportProgress(2, 9, 0));
        clock.Advance(TimeSpan.FromSeconds(1));
        imports.Advance(active, new ImportProgress(3, 9, 1));
        Assert.Equal((false, 3), await Progress());
        imports.Finish(active, "It was no archive.");
        Assert.Equal("It was no archive.", (await Next(SetImportState.Failed, 200_000, isTurn: true)).Error);
        Assert.False(await news.MoveNextAsync());

        async Task<SetImport> Next(SetImportState state, long offset, bool isTurn)
        {
            Assert.True(await news.MoveNextAsync());
            Assert.Equal((id, (state, offset), isTurn), (news.Current.Id, Told(news.Current.Import!), news.Current.IsTurn));
            return news.Current.Import!;
        }

        async Task<(bool, int)> Progress()
        {
            Assert.True(await news.MoveNextAsync());
            return (news.Current.IsTurn, news.Current.Import!.Progress!.Done);
        }
    }

    [Fact]
    public async Task Watch_All_BeginsWithEach_AndTellsOfThoseThatAreGone()
    {
        var imports = Imports();
        var first = Open(imports);
        // ids of one moment have no order
        clock.Advance(TimeSpan.FromMilliseconds(1));
        var ids = new[] { first, Open(imports, "other") };
        using var stop = new CancellationTokenSource();
        await using var news = imports.WatchAsync(null, stop.Token, patience.Token).GetAsyncEnumerator();
        foreach (var id in ids) Assert.Equal((id, true), await Next());
        Assert.True(await imports.DropAsync(ids[0], CancellationToken.None));
        Assert.Equal((ids[0], true), await Next());
        Assert.Null(news.Current.Import);
        await Send(imports, ids[1], 0, 5);
        Assert.Equal((ids[1], false), await Next());
        // the service stops
        await stop.CancelAsync();
        Assert.False(await news.MoveNextAsync());

        async Task<(string, bool)> Next()
        {
            Assert.True(await news.MoveNextAsync());
            return (news.Current.Id, news.Current.IsTurn);
        }
    }

    private SetImports Imports() => new(
        Options.Create(new TrainingOptions { Data = folder["data"], State = folder["state"] }), Options.Create(limits), clock);

    private static string Open(SetImports imports, string name = "mine") => imports.Open(name, Settings, Bytes.Length, null).Id;

    private static async Task<SetImport> Send(SetImports imports, string id, int from, int to) => (await imports.ReceiveAsync(id, from, Part(from, to), null, null, CancellationToken.None))!;

    private static MemoryStream Part(int from, int to) => new(Bytes, from, Math.Max(0, to - from));

    private static (SetImportState, long) Told(SetImport import) => (import.State, import.Offset);

    private string Content(string id) => folder[$"state/imports/{id}/mine.zip"];

    /// <summary>Bytes, and then a broken connection.</summary>
    private sealed class Breaking(MemoryStream bytes) : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await bytes.ReadAsync(buffer, cancellationToken) is var read and > 0 ? read : throw new IOException("The connection is gone.");
    }

    /// <summary>Bytes, and then a connection that says no more and does not end.</summary>
    private sealed class Stuck(MemoryStream bytes) : MemoryStream
    {
        private readonly TaskCompletionSource waited = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsWaited => waited.Task;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (await bytes.ReadAsync(buffer, cancellationToken) is var read and > 0) return read;
            waited.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }
}
