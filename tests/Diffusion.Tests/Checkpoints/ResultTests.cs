using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

public sealed class ResultTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ManualTimeProvider clock = new();

    public ResultTests() => Store.Publish("digits", CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles);

    public void Dispose() => folder.Dispose();

    private CheckpointStore Store => new(folder["models"], clock);

    private static VersionResult Result(string id, params (string Name, double Value)[] metrics) =>
        new() { Id = id, Metrics = metrics.ToDictionary(m => m.Name, m => m.Value), Settings = new Dictionary<string, string> { ["steps"] = "20" } };

    [Fact]
    public void Attach_Results_LeavesTheVersionAsItIs()
    {
        var version = Path.Combine(folder["models"], "digits", "v000001");
        var before = Directory.GetFiles(version).ToDictionary(f => f, File.ReadAllBytes);
        var first = Store.Attach("digits", 1, Result("eval 1", ("accuracy", 0.9), ("fid", 12)));
        clock.Advance(TimeSpan.FromMinutes(1));
        Store.Attach("digits", 1, Result("eval 2", ("fid", 11)));

        var read = Store.Results("digits", 1);
        Assert.Null(read.Problem);
        Assert.Equal(["eval 1", "eval 2"], read.Results.Select(r => r.Id));
        Assert.Equal((clock.GetUtcNow() - TimeSpan.FromMinutes(1), "20"), (first.At, read.Results[0].Settings["steps"]));
        // the manifest of the fixture says accuracy 0.985
        Assert.Equal(new SortedDictionary<string, double> { ["accuracy"] = 0.9, ["fid"] = 11 }, read.Latest(Store.Find("digits")!.Manifest.Metrics));
        Assert.Equal(before, Directory.GetFiles(version).ToDictionary(f => f, File.ReadAllBytes));
    }

    [Fact]
    public void Attach_SameAgain_IsOneAndAnotherOfThatIdIsRefused()
    {
        var first = Store.Attach("digits", 1, Result("a", ("fid", 12)));
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(first.At, Store.Attach("digits", 1, Result("a", ("fid", 12))).At);
        Assert.Throws<CheckpointException>(() => Store.Attach("digits", 1, Result("a", ("fid", 13))));
        Assert.Single(Store.Results("digits", 1).Results);
    }

    public static TheoryData<string, string, string, double> Wrong => new()
    {
        { "", "fid", "id", 1 }, { "a\n", "fid", "id", 1 }, { new string('a', 257), "fid", "id", 1 }, { "a", "", "metrics", 1 }, { "a", "fid", "metrics", double.NaN }, { "a", "fid", "metrics", double.PositiveInfinity },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Attach_WhatCannotBeKept_IsRefusedByName(string id, string metric, string field, double value) =>
        Assert.StartsWith(field, Assert.Throws<ArgumentException>(() => Store.Attach("digits", 1, Result(id, (metric, value)))).Message, StringComparison.Ordinal);

    [Fact]
    public void Attach_ToAVersionThatIsNotThere_IsRefused() => Assert.Throws<CheckpointException>(() => Store.Attach("digits", 2, Result("a", ("fid", 1))));

    [Fact]
    public void Results_OfAnotherVersion_AreNotBelieved()
    {
        Store.Publish("digits", CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles);
        Store.Attach("digits", 1, Result("a", ("fid", 1)));
        var home = Path.Combine(folder["models"], "digits");
        File.Copy(Path.Combine(home, "v000001.results.ndjson"), Path.Combine(home, "v000002.results.ndjson"));
        Assert.Empty(Store.Results("digits", 2).Results);
        Assert.Contains("line 1", Store.Results("digits", 2).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_OfADeletedVersion_StayKnown()
    {
        Store.Attach("digits", 1, Result("a", ("fid", 1)));
        Store.DeleteVersion("digits", 1);
        Assert.Equal(1, Assert.Single(Store.Results("digits", 1).Results).Metrics["fid"]);
    }

    [Fact]
    public void Attach_FromManyThreads_KeepsAllOfThem()
    {
        // a clock that stands still would never end the wait for another writer
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        Parallel.For(0, 20, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i => store.Attach("digits", 1, Result($"r{i}", ("fid", i))));
        var read = Store.Results("digits", 1);
        Assert.Equal((20, (string?)null), (read.Results.Select(r => r.Id).Distinct().Count(), read.Problem));
    }
}
