using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Training.Runs;

namespace Diffusion.Training.Live;

/// <summary>Something new of a training job.</summary>
/// <param name="Id">The job.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StateEvent), "state")]
[JsonDerivedType(typeof(MetricsEvent), "metrics")]
[JsonDerivedType(typeof(SamplesEvent), "samples")]
public abstract record TrainingEvent(string Id)
{
    /// <summary>What a watcher has seen with this event.</summary>
    [JsonIgnore]
    public WatchCursor Seen { get; init; }
}

/// <summary>What happened to it.</summary>
/// <param name="Sequence">1, 2, 3 within the job.</param>
/// <param name="Kind">What.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Step">Steps done by then, where that is known.</param>
/// <param name="Version">The version that was published, or null.</param>
/// <param name="Detail">Why it failed, or null.</param>
public sealed record StateEvent(string Id, long Sequence, JobEventKind Kind, DateTimeOffset At, int? Step, int? Version, string? Detail) : TrainingEvent(Id);

/// <summary>A line of its metrics.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Values">The line: loss, learningRate, gradientNorm, imagesPerSecond, remainingSeconds and what else the objective tells.</param>
public sealed record MetricsEvent(string Id, int Step, JsonElement Values) : TrainingEvent(Id);

/// <summary>A new grid of samples.</summary>
/// <param name="Step">Steps done.</param>
public sealed record SamplesEvent(string Id, int Step) : TrainingEvent(Id);

/// <summary>How far somebody has watched a job: the last event, metric line and grid.</summary>
/// <param name="Sequence">Of the last event of its life; 0 for none.</param>
/// <param name="Step">Of the last metric line; -1 for none.</param>
/// <param name="Samples">Of the last grid; -1 for none.</param>
public readonly record struct WatchCursor(long Sequence, int Step, int Samples)
{
    /// <summary>Everything of its life, and what comes from a step on.</summary>
    public static WatchCursor From(int step) => new(0, step - 1, step - 1);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Sequence}.{Step}.{Samples}");

    /// <summary>The cursor that <see cref="ToString"/> wrote, or null.</summary>
    public static WatchCursor? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('.') is [var sequence, var step, var samples]
            && long.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && Number(step, out var m) && Number(samples, out var g) ? new WatchCursor(s, m, g) : null;

        static bool Number(string part, out int value) => int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value) && value >= -1;
    }
}
