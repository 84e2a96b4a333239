using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class AliasTests : IDisposable
{
    private const string Model = "digits", Prod = "prod";

    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider clock = new();

    public AliasTests()
    {
        for (var i = 0; i < 4; i++) Store.Publish(Model, CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles);
    }

    private CheckpointStore Store => new(folder["models"], clock);

    public void Dispose() => folder.Dispose();

    private void Stand(params int[] versions)
    {
        foreach (var version in versions)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            Store.MoveAlias(Model, Prod, version);
        }
    }

    [Fact]
    public void MoveAlias_Always_RemembersWhereItStood()
    {
        Assert.Null(Store.Alias(Model, Prod));
        Stand(1, 3, 2);
        var state = Store.Alias(Model, Prod)!;
        Assert.Equal((2, clock.GetUtcNow()), (state.Version, state.Changed));
        Assert.Equal([1, 3], state.Before);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equivalent(state, Store.MoveAlias(Model, Prod, 2), strict: true);
    }

    [Fact]
    public void RollBackAlias_AgainAndAgain_GoesFurtherBackUntilThereIsNothing()
    {
        Stand(1, 3, 2);
        Assert.Equal(3, Store.RollBackAlias(Model, Prod)!.Version);
        Assert.Equal(1, Store.RollBackAlias(Model, Prod)!.Version);
        Assert.Null(Store.RollBackAlias(Model, Prod));
        Assert.Equal(1, Store.Alias(Model, Prod)!.Version);
        Assert.Null(Store.RollBackAlias(Model, "nobody"));
    }

    [Fact]
    public void MoveAlias_VeryOften_RemembersABoundedNumber()
    {
        for (var i = 0; i < 100; i++) Stand(1 + i % 2);
        Assert.Equal(AliasFile.MostBefore, Store.Alias(Model, Prod)!.Before.Count);
        Assert.Equal(1, Store.Alias(Model, Prod)!.Before[^1]);
    }

    [Fact]
    public void MoveAlias_RequirementThatThrows_LeavesItWhereItIs()
    {
        Stand(1);
        Assert.Throws<InvalidOperationException>(() => Store.MoveAlias(Model, Prod, 2, now => throw new InvalidOperationException($"{now!.Version}")));
        Assert.Throws<InvalidOperationException>(() => Store.RemoveAlias(Model, Prod, _ => throw new InvalidOperationException()));
        Assert.Equal(1, Store.Alias(Model, Prod)!.Version);
    }

    [Fact]
    public void RemoveAlias_ThatIsSet_IsGoneWithItsHistory()
    {
        Stand(1, 2);
        Store.RemoveAlias(Model, Prod);
        Assert.Null(Store.Alias(Model, Prod));
        Stand(3);
        Assert.Empty(Store.Alias(Model, Prod)!.Before);
    }

    [Fact]
    public void Alias_FileOfAnEarlierBuild_IsReadWithoutHistory()
    {
        File.WriteAllText(Path.Combine(folder["models"], Model, "aliases.json"), """{ "format": 1, "aliases": { "prod": 2 } }""");
        Assert.Equivalent(new AliasState(2, null, []), Store.Alias(Model, Prod), strict: true);
        Stand(3);
        Assert.Equal([2], Store.Alias(Model, Prod)!.Before);
    }

    [Fact]
    public void DeleteVersion_UnderAnAlias_IsRefused()
    {
        Stand(2);
        Assert.Contains(Prod, Assert.Throws<AliasConflictException>(() => Store.DeleteVersion(Model, 2)).Message, StringComparison.Ordinal);
        Assert.Contains(2, Store.Versions(Model));
    }

    [Fact]
    public void DeleteVersion_NewestOne_NeverGivesItsNumberAgain()
    {
        Store.DeleteVersion(Model, 4);
        Assert.Equal([1, 2, 3], Store.Versions(Model));
        Assert.Equal(["deleted.json"], Directory.GetFiles(Path.Combine(folder["models"], Model, "v000004")).Select(Path.GetFileName));
        Assert.Equal(5, Store.Publish(Model, CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles).Manifest.Version);
        Assert.Throws<CheckpointException>(() => Store.DeleteVersion(Model, 4));
    }

    [Fact]
    public void DeleteVersion_WhereAnAliasStoodBefore_IsNoWayBack()
    {
        Stand(1, 2, 1, 3);
        Store.DeleteVersion(Model, 2);
        Assert.Equal([1], Store.Alias(Model, Prod)!.Before);
        Assert.Equal(1, Store.RollBackAlias(Model, Prod)!.Version);
        Assert.Null(Store.RollBackAlias(Model, Prod));
    }

    [Fact]
    public void RollBackAlias_ToAVersionThatWasRemovedByHand_GoesToTheOneBefore()
    {
        Stand(1, 2, 3);
        Directory.Delete(Path.Combine(folder["models"], Model, "v000002"), recursive: true);
        Assert.Equal(1, Store.RollBackAlias(Model, Prod)!.Version);
    }

    [Fact]
    public void Pin_AndAliases_DoNotDisturbEachOther()
    {
        Stand(2);
        Store.Pin(Model, 3, true);
        Store.Pin(Model, 1, true);
        Store.Pin(Model, 1, true);
        Stand(1);
        Assert.Equal([1, 3], Store.Pinned(Model));
        Store.Pin(Model, 1, false);
        Assert.Equal([3], Store.Pinned(Model));
        Assert.Equal([2], Store.Alias(Model, Prod)!.Before);
        Store.DeleteVersion(Model, 3);
        Assert.Empty(Store.Pinned(Model));
        Assert.Throws<CheckpointException>(() => Store.Pin(Model, 3, true));
    }

    [Fact]
    public void RemoveLeftovers_DeletionThatWasCutShort_EndsItAndTouchesNoCopyOnItsWay()
    {
        var home = Path.Combine(folder["models"], Model);
        File.Move(Path.Combine(home, "v000002", "manifest.json"), Path.Combine(home, "v000002", "deleted.json"));
        File.Delete(Path.Combine(home, "v000003", "manifest.json"));
        Assert.Equal(["v000002"], Store.RemoveLeftovers());
        Assert.Equal(["deleted.json"], Directory.GetFiles(Path.Combine(home, "v000002")).Select(Path.GetFileName));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(home, "v000003")).Length);
        Assert.Empty(Store.RemoveLeftovers());
    }
}
