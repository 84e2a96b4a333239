using Diffusion.Checkpoints;
using Diffusion.Networks;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Tests.Faults;

/// <summary>
/// A model's story in chapters, each one change of the store. It is the same whenever it is told, byte for byte, so that
/// what stands on a disk can be compared with what should.
/// </summary>
internal static class Chapter
{
    public const string Model = "digits", Alias = "prod";

    private static readonly (string Name, Action<CheckpointStore> Tell)[] Chapters =
    [
        ("publish 1", s => Publish(s, 1)),
        ("alias to 1", s => s.MoveAlias(Model, Alias, 1)),
        ("result a of 1", s => s.Attach(Model, 1, Result("a"))),
        ("publish 2", s => Publish(s, 2)),
        ("alias to 2", s => s.MoveAlias(Model, Alias, 2)),
        ("result b of 1", s => s.Attach(Model, 1, Result("b"))),
        ("pin 2", s => s.Pin(Model, 2, true)),
        ("rollback", s => s.RollBackAlias(Model, Alias)),
        ("delete 2", s => s.DeleteVersion(Model, 2)),
        ("publish 3", s => Publish(s, 3)),
    ];

    public static int Count => Chapters.Length;

    public static string NameOf(int index) => Chapters[index].Name;

    /// <summary>A store whose clock stands still.</summary>
    public static CheckpointStore Open(string root) => new(root, new ManualTimeProvider());

    public static void Tell(CheckpointStore store, int index) => Chapters[index].Tell(store);

    /// <summary>The weights of a version: bytes that no other version has.</summary>
    public static byte[] Weights(int version) => [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7 + i / 256 * 13 + version * 31))];

    private static VersionResult Result(string id) => new() { Id = id, Metrics = new Dictionary<string, double> { ["accuracy"] = 0.5 } };

    private static void Publish(CheckpointStore store, int version) => store.Publish(Model, _ => Manifest(version), into =>
    {
        File.WriteAllBytes(Path.Combine(into, CheckpointVersion.WeightsFile), Weights(version));
        File.WriteAllText(Path.Combine(into, "job.json"), $"job {version}");
    });

    private static CheckpointManifest Manifest(int version) => new()
    {
        Model = "",
        Version = 0,
        Created = default,
        Network = new UNetConfig { ImageSize = 8, Channels = 1, ModelChannels = 8, ChannelMultipliers = [1, 2] },
        Prediction = Prediction.V,
        Schedule = new ScheduleReference("cosine", 100),
        Objective = "ddpm",
        Data = new DataReference("digits", new string('0', 64), 60000),
        ImagesSeen = version,
    };
}
