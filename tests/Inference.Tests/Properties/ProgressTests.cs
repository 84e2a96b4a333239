using Diffusion.Imaging;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 3. Progress: a picture goes on by exactly one row at a time and at most once a tick; the events of a request are
/// numbered without a gap, the frames of a picture come in the order of its steps, and the last one is the result.
/// </summary>
public sealed class ProgressTests
{
    [Fact]
    public void EveryPicture_GoesOnByOneRow() => Property.Holds(Scripts.Any, Law);

    [Fact]
    public void EveryFrame_ComesInOrderAndTheLastIsTheResult() => Property.Holds(Scripts.Watched, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        foreach (var told in world.Accepted)
        {
            foreach (var picture in told.Ran.GroupBy(r => r.Row.Sample)) CheckRows(told, [.. picture.Select(r => (r.Tick, r.Row.Step))]);
            if (told.Reader is not null) CheckEvents(told);
        }
    }

    private static void CheckRows(Told told, (int Tick, int Step)[] rows)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            Violation.Unless(rows[i].Step == i, Laws.Progress, () => $"{told} ran step {rows[i].Step} where step {i} was next");
            Violation.Unless(i == 0 || rows[i].Tick > rows[i - 1].Tick, Laws.Progress, () => $"{told} ran two steps of a picture in tick {rows[i].Tick}");
        }
    }

    private static void CheckEvents(Told told)
    {
        var events = told.Reader!.Seen.Select(s => s.Event).ToArray();
        Violation.Unless(told.Reader.HasEnded, Laws.Progress, () => $"the events of {told} do not end");
        var numbers = events.Where(e => e is not FrameEvent).Select(e => e.Sequence).ToArray();
        Violation.Unless(numbers.SequenceEqual(Enumerable.Range(1, numbers.Length).Select(i => (long)i)), Laws.Progress, () => $"the events of {told} are numbered {string.Join(", ", numbers)}");
        Violation.Unless(events.Zip(events.Skip(1)).All(p => p.First.Sequence <= p.Second.Sequence), Laws.Progress, () => $"the events of {told} are out of order");
        foreach (var frames in events.OfType<FrameEvent>().GroupBy(f => f.Sample)) CheckFrames(told, [.. frames]);
        if (told.Ask.Watch != Watch.Closely || told.Generation.State != GenerationState.Succeeded) return;
        var expected = told.Ask.Count * Enumerable.Range(1, told.Ask.Steps).Count(s => s % told.Ask.Every == 0 || s == told.Ask.Steps);
        Violation.Unless(events.OfType<FrameEvent>().Count() == expected, Laws.Progress, () => $"{told} gave {events.OfType<FrameEvent>().Count()} frames, not {expected}");
    }

    private static void CheckFrames(Told told, FrameEvent[] frames)
    {
        Violation.Unless(frames.Zip(frames.Skip(1)).All(p => p.First.Step < p.Second.Step), Laws.Progress, () => $"frames of {told} come at steps {string.Join(", ", frames.Select(f => f.Step))}");
        if (told.Generation.State != GenerationState.Succeeded) return;
        var last = frames[^1];
        var picture = Rig.Picture(Rig.Result(told.Generation), last.Sample).Select(Pixels.ToByte).ToArray();
        Violation.Unless(
            last.Step == told.Ask.Steps && picture.SequenceEqual(last.Noisy!) && picture.SequenceEqual(last.Clean!), Laws.Progress,
            () => $"the last frame of picture {last.Sample} of {told}, of step {last.Step}, is not its result");
    }
}
