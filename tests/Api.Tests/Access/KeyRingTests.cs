using Diffusion.Api.Access;
using Diffusion.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Diffusion.Api.Tests.Access;

public sealed class KeyRingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Path => folder["state/keys.json"];

    public void Dispose() => folder.Dispose();

    private KeyRing Ring(bool alwaysRequired = false) => new(Path, alwaysRequired, NullLogger<KeyRing>.Instance);

    private KeyToken Add(string name)
    {
        var token = KeyToken.Create();
        KeyFile.Change(Path, f => f with { Keys = [.. f.Keys, new ApiKey { Name = name, Id = token.Id, Hash = token.Hash(), Scopes = [Scopes.Generate], Created = DateTimeOffset.UnixEpoch }] });
        return token;
    }

    [Fact]
    public void Find_KeyThatIsAddedAndRevoked_IsKnownExactlySoLong()
    {
        var ring = Ring();
        Assert.False(ring.Required);
        var token = Add("alice");
        Assert.True(ring.Required);
        Assert.Equal("alice", ring.Find(token)?.Name);
        Assert.Null(ring.Find(KeyToken.Parse($"dk_{token.Id}_{new string('0', 64)}")!));
        KeyFile.Change(Path, f => f with { Keys = [] });
        Assert.Null(ring.Find(token));
    }

    [Fact]
    public void Required_AfterTheLastKeyIsRevoked_StaysUntilTheFileGoes()
    {
        Add("alice");
        KeyFile.Change(Path, f => f with { Keys = [] });
        var ring = Ring();
        Assert.True(ring.Required);
        File.Delete(Path);
        Assert.False(ring.Required);
        Assert.True(Ring(alwaysRequired: true).Required);
    }

    [Fact]
    public void Find_DamagedFile_KeepsTheKeysThatWereGood()
    {
        var token = Add("alice");
        var ring = Ring();
        Assert.NotNull(ring.Find(token));
        File.WriteAllText(Path, "{");
        Assert.NotNull(ring.Find(token));
        var fresh = Ring();
        Assert.True(fresh.Required);
        Assert.Null(fresh.Find(token));
    }

    [Fact]
    public void Change_Always_WritesForTheOwnerAloneAndNoSecret()
    {
        var token = Add("alice");
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path));
        Assert.DoesNotContain(token.Text[16..], File.ReadAllText(Path), StringComparison.Ordinal);
        Assert.Equal(["keys.json", "keys.json.lock"], Directory.GetFiles(System.IO.Path.GetDirectoryName(Path)!).Select(f => System.IO.Path.GetFileName(f)).Order());
    }

    [Fact]
    public void Change_WhileAnotherChanges_IsRefused() =>
        KeyFile.Change(Path, file =>
        {
            Assert.ThrowsAny<IOException>(() => Add("bob"));
            return file;
        });

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{ "format": 2, "keys": [] }""")]
    [InlineData("""{ "format": 1, "keys": null }""")]
    [InlineData("""{ "format": 1, "keys": [ { "name": "a" } ] }""")]
    [InlineData("""
        { "format": 1, "keys": [
            { "name": "a", "id": "0123456789ab", "hash": "00", "scopes": [], "created": "2026-01-01T00:00:00Z" },
            { "name": "b", "id": "0123456789ab", "hash": "11", "scopes": [], "created": "2026-01-01T00:00:00Z" } ] }
        """)]
    public void Read_SomethingElse_SaysSo(string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, content);
        Assert.Contains("keys.json", Assert.Throws<InvalidDataException>(() => KeyFile.Read(Path)).Message, StringComparison.Ordinal);
    }
}
