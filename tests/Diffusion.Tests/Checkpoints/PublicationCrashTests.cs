using Diffusion.Checkpoints;
using Diffusion.Testing;

namespace Diffusion.Tests.Checkpoints;

/// <summary>
/// A crash is what the disk looks like at that moment: at every step of a publication the store's folder is copied,
/// and the copy is opened as a restarted process would.
/// </summary>
public sealed class PublicationCrashTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            if (!file.EndsWith(".lock", StringComparison.Ordinal) && !file.EndsWith(".owner", StringComparison.Ordinal)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
            else File.WriteAllBytes(Path.Combine(to, Path.GetFileName(file)), []);
        foreach (var inner in Directory.GetDirectories(from)) Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }

    [Fact]
    public void Publish_CrashAtEachStep_LeavesOnlyWholeVersions()
    {
        var snapshots = new List<(string Moment, string Path)>();
        void Snapshot(string moment)
        {
            snapshots.Add((moment, folder[$"crash{snapshots.Count}"]));
            Copy(folder["models"], snapshots[^1].Path);
        }
        var store = new CheckpointStore(folder["models"], TimeProvider.System) { Observer = step => Snapshot(step.ToString()) };
        void WriteSlowly(string into)
        {
            File.WriteAllBytes(Path.Combine(into, "model.safetensors"), new byte[10]);
            Snapshot("half a file");
            CheckpointStoreTests.WriteFiles(into);
            Snapshot("files");
        }
        for (var i = 0; i < 2; i++)
        {
            store.Publish("digits", CheckpointStoreTests.Manifest, WriteSlowly);
            store.SetAlias("digits", "default", i + 1);
        }

        Assert.Equal(14, snapshots.Count);
        for (var i = 0; i < snapshots.Count; i++)
        {
            var (moment, path) = snapshots[i];
            var whole = (i / 7) + (i % 7 >= 5 ? 1 : 0);
            var restarted = new CheckpointStore(path, TimeProvider.System);
            Assert.True(whole == restarted.Versions("digits").Count, moment);
            Assert.All(restarted.Versions("digits"), v => CheckpointStore.Verify(restarted.Find("digits", $"{v}")!));
            Assert.Equal(i < 7 ? 0 : 1, restarted.Aliases("digits").GetValueOrDefault("default"));

            var removed = restarted.RemoveLeftovers();
            Assert.True(moment == "Renamed" ? removed.Count == 0 : removed.Count == 1, moment);
            Assert.DoesNotContain(Directory.GetFileSystemEntries(Path.Combine(path, "digits")), e => Path.GetFileName(e).StartsWith(".new", StringComparison.Ordinal));
            Assert.Equal(whole + 1, restarted.Publish("digits", CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles).Manifest.Version);
        }
    }

    [Fact]
    public void Publish_FailureAtEachStep_IsPassedOnAndLeavesNothing()
    {
        foreach (var fatal in new[] { PublicationStep.Begun, PublicationStep.FilesFlushed, PublicationStep.ManifestWritten })
        {
            var store = new CheckpointStore(folder["models"], TimeProvider.System) { Observer = step => { if (step == fatal) throw new InvalidDataException(); } };
            Assert.Throws<InvalidDataException>(() => store.Publish("digits", CheckpointStoreTests.Manifest, CheckpointStoreTests.WriteFiles));
            Assert.Equal([".lock"], Directory.GetFileSystemEntries(Path.Combine(folder["models"], "digits")).Select(Path.GetFileName));
        }
    }

    [Fact]
    public void RemoveLeftovers_WhileAnotherPublishes_LeavesItAlone()
    {
        var store = new CheckpointStore(folder["models"], TimeProvider.System);
        store.Publish("digits", CheckpointStoreTests.Manifest, into =>
        {
            CheckpointStoreTests.WriteFiles(into);
            Assert.Empty(new CheckpointStore(folder["models"], TimeProvider.System).RemoveLeftovers());
            Assert.True(Directory.Exists(into));
        });
        Assert.Equal([1], store.Versions("digits"));
    }
}
