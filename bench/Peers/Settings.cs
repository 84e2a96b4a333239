using System.Globalization;

namespace Diffusion.Bench.Peers;

/// <summary>What is asked for on the command line.</summary>
internal sealed record Settings
{
    public const string Usage = """
        bench/peers.sh [--rounds 7] [--quick] [--only check,forward,ddim,dddm,train,start,memory,ceiling] [--batches 1,8,32,64]
                       [--train-batch 64] [--one-thread] [--models models] [--python /usr/bin/python3]
        --quick: 3 rounds, batches 1 and 8. --one-thread: everybody has one thread, for machines that are busy; then believe
        the processor's time and not the clock.
        """;

    public static readonly IReadOnlyList<string> Parts = ["check", "forward", "ddim", "dddm", "train", "start", "memory", "ceiling"];

    public int Rounds { get; init; } = 7;

    public IReadOnlyList<string> Only { get; init; } = Parts;

    public IReadOnlyList<int> Batches { get; init; } = [1, 8, 32, 64];

    public int TrainBatch { get; init; } = 64;

    public bool OneThread { get; init; }

    public string Models { get; init; } = "models";

    public string Python { get; init; } = "/usr/bin/python3";

    /// <exception cref="ArgumentException">No such option.</exception>
    public static Settings Read(string[] args)
    {
        var settings = new Settings();
        for (var i = 0; i < args.Length; i++)
        {
            settings = args[i] switch
            {
                "--quick" => settings with { Rounds = 3, Batches = [1, 8] },
                "--one-thread" => settings with { OneThread = true },
                "--rounds" => settings with { Rounds = Number(Next()) },
                "--only" => settings with { Only = Known(Next().Split(',')) },
                "--batches" => settings with { Batches = [.. Next().Split(',').Select(Number)] },
                "--train-batch" => settings with { TrainBatch = Number(Next()) },
                "--models" => settings with { Models = Next() },
                "--python" => settings with { Python = Next() },
                var other => throw new ArgumentException($"Unknown option {other}.\n{Usage}"),
            };

            string Next() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[^1]} needs a value.\n{Usage}");
        }
        return settings with { Models = Path.GetFullPath(settings.Models) };
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string[] Known(string[] parts) => parts.FirstOrDefault(p => !Parts.Contains(p)) is { } odd
        ? throw new ArgumentException($"--only {odd}: must be of {string.Join(", ", Parts)}.")
        : parts;
}
