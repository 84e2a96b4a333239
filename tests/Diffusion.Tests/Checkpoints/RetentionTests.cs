using Diffusion.Checkpoints;

namespace Diffusion.Tests.Checkpoints;

public sealed class RetentionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 10, 0, 0, 0, TimeSpan.Zero);

    private static CheckpointManifest Version(int number, int? parent = null, int ageInDays = 5) => CheckpointStoreTests.Manifest(number) with
    {
        Model = "digits",
        Version = number,
        Created = Now - TimeSpan.FromDays(ageInDays),
        Parent = parent is { } p ? new ParentReference("digits", p) : null,
        Files = new Dictionary<string, FileDigest> { ["model.safetensors"] = new(100, ""), ["job.json"] = new(11, "") },
    };

    private static int[] Gone(
        IReadOnlyList<CheckpointManifest> versions, int? keep, (string Alias, int Version)[]? aliases = null, int[]? pinned = null, int[]? used = null, int[]? damaged = null) =>
        [.. Judge(versions, keep, aliases, pinned, used, damaged).Where(v => v.Kept.Count == 0).Select(v => v.Version)];

    private static IReadOnlyList<RetentionVerdict> Judge(
        IReadOnlyList<CheckpointManifest> versions, int? keep, (string Alias, int Version)[]? aliases = null, int[]? pinned = null, int[]? used = null, int[]? damaged = null) => VersionRetention.Judge(
        versions, new RetentionRule(keep, TimeSpan.FromDays(1)), (aliases ?? []).ToDictionary(a => a.Alias, a => a.Version), pinned ?? [],
        (used ?? []).ToLookup(v => v, _ => "in use"), v => damaged?.Contains(v) != true, Now);

    private static CheckpointManifest[] Six => [.. Enumerable.Range(1, 6).Select(i => Version(i))];

    [Fact]
    public void Judge_NothingSet_KeepsAll() => Assert.Empty(Gone(Six, null));

    [Fact]
    public void Judge_NewestN_StayAndTheRestGoes() => Assert.Equal([1, 2, 3, 4], Gone(Six, 2));

    [Fact]
    public void Judge_AliasPinAndUse_Stay() => Assert.Equal([3], Gone(Six, 2, [("prod", 1), ("old", 1)], [2], [4]));

    [Fact]
    public void Judge_ParentOfWhatServesOrIsPinned_StaysAndItsOwnParentGoes()
    {
        CheckpointManifest[] chain = [Version(1), Version(2, 1), Version(3, 2), Version(4), Version(5, 4), Version(6)];
        Assert.Equal([1], Gone(chain, 1, [("prod", 3)], [5]));
        Assert.Equal([1, 2, 3, 4, 5], Gone(chain, 1));
        Assert.Equal(["version 3 came from it"], Judge(chain, 1, [("prod", 3)])[1].Kept);
    }

    [Fact]
    public void Judge_DamagedNewest_DoesNotCostASoundOneItsPlace()
    {
        Assert.Equal([1, 2], Gone(Six, 2, damaged: [5, 6]));
        Assert.Equal(["damaged, and so left to be looked at"], Judge(Six, 2, damaged: [6])[5].Kept);
    }

    [Fact]
    public void Judge_Young_Stays() => Assert.Equal([1], Gone([Version(1), Version(2, ageInDays: 0), Version(3)], 1));

    [Fact]
    public void Judge_SaysWhyAndHowLarge()
    {
        var verdicts = Judge(Six, 1, [("prod", 2), ("a", 2)], [2], [2]);
        Assert.Equal(["alias a", "alias prod", "pinned", "in use"], verdicts[1].Kept);
        Assert.Equal(["the newest"], verdicts[5].Kept);
        Assert.All(verdicts, v => Assert.Equal(111, v.Bytes));
    }

    [Fact]
    public void Judge_HashesNoMoreThanItNeeds()
    {
        var asked = new List<int>();
        VersionRetention.Judge(Six, new RetentionRule(2, TimeSpan.Zero), new Dictionary<string, int>(), [], Array.Empty<int>().ToLookup(v => v, _ => ""), v =>
        {
            asked.Add(v);
            return true;
        }, Now);
        Assert.Equal([6, 5], asked);
    }
}
