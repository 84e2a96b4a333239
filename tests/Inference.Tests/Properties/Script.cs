using System.Globalization;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>A run to be played: what the device is like, and what happens when, on a virtual clock.</summary>
/// <param name="Setting">The device and the engine.</param>
/// <param name="Happenings">In the order of time.</param>
internal sealed record Script(Setting Setting, IReadOnlyList<Happening> Happenings)
{
    public IEnumerable<Ask> Asks => Happenings.OfType<Ask>();

    public override string ToString() => string.Join("\n  ", [Setting, .. Happenings]);
}

/// <summary>The engine and the device of a run.</summary>
/// <param name="MaxRows">Rows per tick.</param>
/// <param name="MaxSkipped">Ticks after which a picture is overdue.</param>
/// <param name="TickMs">Virtual milliseconds of a tick, whatever its rows.</param>
/// <param name="RowMs">Virtual milliseconds of one more row.</param>
/// <param name="IsLearnt">Whether the cost model knows the device from the start.</param>
/// <param name="FirstWeight">Share of client 0; the others have 1.</param>
internal sealed record Setting(int MaxRows, int MaxSkipped, double TickMs, double RowMs, bool IsLearnt, int FirstWeight = 1);

/// <summary>Something that happens from outside.</summary>
/// <param name="After">Virtual milliseconds after what happened before.</param>
internal abstract record Happening(double After);

/// <summary>A request.</summary>
internal sealed record Ask(double After, ulong Seed, int Client, RequestClass Class, string Model, string Sampler, int Steps, int Count) : Happening(After)
{
    public string? Option { get; init; }

    public int? Label { get; init; }

    public double? Guidance { get; init; }

    /// <summary>Deadline in multiples of what the request takes alone.</summary>
    public double? Patience { get; init; }

    public Fault Fault { get; init; }

    /// <summary>The step from which on it is at fault.</summary>
    public int FaultStep { get; init; }

    public Watch Watch { get; init; }

    /// <summary>Every n-th step is a frame.</summary>
    public int Every { get; init; } = 1;

    public bool IsGuided => Label is not null && Guidance is { } scale && scale != 0 && scale != 1;

    public int RowsPerStep => IsGuided ? 2 : 1;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"+{After} ms: request {Seed} of client {Client}, {RequestClasses.NameOf(Class)}: {Count} x {Steps} steps of {Sampler} {Option} on {Model}, label {Label}, guidance {Guidance}, patience {Patience}, {Watch} watching each {Every}, {Fault} from {FaultStep}");

    public GenerationRequest Request(Setting setting) => new()
    {
        Model = Model,
        Sampler = Sampler,
        Steps = Steps,
        Count = Count,
        Seed = Seed,
        Options = Option is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [Option.Split('=')[0]] = Option.Split('=')[1] },
        Labels = Label is { } label ? [label] : [],
        Guidance = Label is null ? null : Guidance,
        Client = string.Create(CultureInfo.InvariantCulture, $"client-{Client}"),
        Class = Class,
        Deadline = Patience is { } patience ? TimeSpan.FromMilliseconds(patience * Alone(setting)) : null,
    };

    /// <summary>Milliseconds that it takes at least, whoever else is there: its pictures side by side as far as a tick holds them.</summary>
    public double Alone(Setting setting)
    {
        var atOnce = Math.Max(1, setting.MaxRows / RowsPerStep);
        return Steps * ((Count + atOnce - 1) / atOnce * setting.TickMs + Count * RowsPerStep * setting.RowMs);
    }
}

/// <summary>What is wrong with a request.</summary>
internal enum Fault
{
    None,

    /// <summary>Its pictures become NaN.</summary>
    NaN,

    /// <summary>Every batch with one of its rows fails.</summary>
    Breaks,
}

/// <summary>Who looks at a request.</summary>
internal enum Watch
{
    Nobody,

    /// <summary>Somebody who reads everything after every tick.</summary>
    Closely,

    /// <summary>Somebody who never reads.</summary>
    Asleep,
}

/// <summary>Whoever asked for the request of that seed stops it.</summary>
internal sealed record Cancel(double After, ulong Seed) : Happening(After);

/// <summary>From now on batches of more evaluations are out of memory; 0 for no limit.</summary>
internal sealed record Memory(double After, int Rows) : Happening(After);

/// <summary>The next batches fail, whatever is in them.</summary>
internal sealed record Hiccup(double After, int Batches) : Happening(After);
