using Diffusion.Inference.Batching;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 5. Fairness: as long as all clients have more to do than they get, the device time that two of them have, divided by
/// their weights, differs by no more than a quantum (a tick) and the longest tick; so it is for lanes, whose quantum is two
/// ticks, since a lane may gain or lose interactive work and with it the right to be a tick ahead. No picture is passed over for ever: once overdue it waits for no more pictures of its client than twice those that are older, and one
/// a tick that filled the room where a pair did not fit.
/// </summary>
public sealed class FairnessTests
{
    [Fact]
    public void BackloggedClients_HaveTheSameTime() => Property.Holds(Scripts.Backlogged, Law);

    [Fact]
    public void OverduePictures_AreServedInTime() => Property.Holds(Scripts.Backlogged, Aging);

    internal static void Law(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        foreach (var lane in world.Ticks.GroupBy(t => t.Lane!)) Clients(world.Setting, lane.Key, [.. lane]);
        Lanes([.. world.Ticks]);
    }

    internal static void Aging(Script script, Parts parts)
    {
        using var world = new World(script, parts).Play();
        foreach (var lane in world.Ticks.GroupBy(t => t.Lane!)) Aging(world.Setting, lane.Key, [.. lane]);
    }

    // from the beginning, as long as nobody gets all that it wants: from then on a client rightly takes what another one leaves,
    // and the other has a right to as much afterwards
    private static void Clients(Setting setting, LaneKey lane, TickNote[] ticks)
    {
        var contended = ticks.TakeWhile(t => t.Wanted.Where(w => w.Key.Lane == lane).All(w => w.Value > t.Had.GetValueOrDefault(w.Key.Client))).ToArray();
        var clients = contended.SelectMany(t => t.Had.Keys).Distinct().ToArray();
        foreach (var one in clients)
            foreach (var other in clients.Where(c => string.CompareOrdinal(one, c) < 0))
                Compare(
                    $"{one} and {other}", contended, t => t.Wanted.ContainsKey((lane, one)) && t.Wanted.ContainsKey((lane, other)),
                    t => Share(setting, t, one) - Share(setting, t, other), quantum: 1);
    }

    private static void Lanes(TickNote[] ticks)
    {
        var lanes = ticks.Select(t => t.Lane!).Distinct().ToArray();
        foreach (var one in lanes)
            foreach (var other in lanes.TakeWhile(l => l != one))
                Compare(
                    $"lanes {one.Model} and {other.Model}", ticks, t => t.Wanted.Keys.Any(w => w.Lane == one) && t.Wanted.Keys.Any(w => w.Lane == other),
                    t => (t.End - t.Start) * (t.Lane == one ? 1 : t.Lane == other ? -1 : 0), quantum: 2);
    }

    private static void Compare(string who, TickNote[] ticks, Func<TickNote, bool> both, Func<TickNote, double> difference, int quantum)
    {
        var (ahead, longest) = (0.0, 0.0);
        foreach (var tick in ticks.SkipWhile(t => !both(t)).TakeWhile(both))
        {
            ahead += difference(tick);
            longest = Math.Max(longest, tick.End - tick.Start);
            Violation.Unless(Math.Abs(ahead) <= (quantum + 1) * longest + 1e-6, Laws.Fairness, () => $"{who} are {ahead} ms apart after {tick.End} ms; the longest tick took {longest}");
        }
    }

    private static double Share(Setting setting, TickNote tick, string client) =>
        (tick.End - tick.Start) * tick.Had.GetValueOrDefault(client) / tick.Evaluations / (client == "client-0" ? setting.FirstWeight : 1);

    private static void Aging(Setting setting, LaneKey lane, TickNote[] ticks)
    {
        var since = new Dictionary<(Told, int), int>();
        var overdue = new Dictionary<(Told, int), (int Older, int Passed, int Ticks)>();
        for (var number = 0; number < ticks.Length; number++)
        {
            var tick = ticks[number];
            var planned = tick.Planned.Select(r => (r.Seed, r.Sample)).ToHashSet();
            foreach (var client in tick.Waiting.Where(w => w.Told.Generation.Lane == lane).GroupBy(w => w.Told.Ask.Client))
            {
                foreach (var picture in client) since.TryAdd(picture, number);
                var served = client.Where(w => planned.Contains((w.Told.Ask.Seed, w.Picture))).ToArray();
                foreach (var picture in client.Except(served).Where(p => number - since[p] > setting.MaxSkipped))
                {
                    var (older, passed, count) = overdue.TryGetValue(picture, out var known) ? known : (client.Count(c => since[c] <= since[picture]) - 1, 0, 0);
                    overdue[picture] = (older, passed += served.Length, ++count);
                    Violation.Unless(
                        passed <= 2 * older + 2 + count, Laws.Fairness,
                        () => $"picture {picture.Picture} of {picture.Told} is overdue at {tick.Start} ms since {passed} pictures of its client, of which {older} were older");
                }
                foreach (var picture in served)
                {
                    since[picture] = number + 1;
                    overdue.Remove(picture);
                }
            }
        }
    }
}
