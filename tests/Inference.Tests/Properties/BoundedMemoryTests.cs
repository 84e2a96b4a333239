using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 8. Bounded memory: somebody who watches and never reads delays no tick, changes no plan, and keeps no more than one
/// frame of each picture.
/// </summary>
public sealed class BoundedMemoryTests
{
    [Fact]
    public void WatchersThatNeverRead_DelayNothingAndKeepNothing() => Property.Holds(Scripts.Watched, Law);

    internal static void Law(Script script, Parts parts)
    {
        using var watched = new World(script, parts);
        var asleep = Asleep(watched.Play());
        var without = script with { Happenings = [.. script.Happenings.Select(h => h is Ask ask ? ask with { Watch = Watch.Nobody } : h)] };
        using var alone = new World(without, parts).Play();
        Violation.Unless(Ticks(watched).SequenceEqual(Ticks(alone)), Laws.BoundedMemory, () => "with watchers the ticks are not what they are without");
        foreach (var told in asleep)
        {
            var frames = told.Reader!.Seen.Select(s => s.Event).OfType<FrameEvent>().ToArray();
            Violation.Unless(frames.Length <= told.Ask.Count, Laws.BoundedMemory, () => $"{frames.Length} frames of {told} were kept for somebody who did not read");
        }
        var kept = watched.Accepted.Where(t => t.Reader is not null).Sum(t => 2 * t.Ask.Count) + 2 * script.Setting.MaxRows;
        GC.Collect();
        var alive = watched.Handed.Count(h => h.IsAlive);
        Violation.Unless(alive <= kept, Laws.BoundedMemory, () => $"{alive} of {watched.Handed.Count} frames are still in memory, and {kept} may be");
        GC.KeepAlive(parts);
    }

    private static Told[] Asleep(World world) => [.. world.Accepted.Where(t => t.Ask.Watch == Watch.Asleep)];

    private static IEnumerable<(double, double, string)> Ticks(World world) =>
        world.Ticks.Select(t => (t.Start, t.End, string.Join(' ', t.Planned.Select(r => $"{r.Seed}.{r.Sample}.{r.Step}"))));
}
