using System.Diagnostics;
using System.Globalization;
using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// 10. Soak: very many requests of every kind through one service under steady overlap, with cancellations, NaN and
/// batches that fail. Every request is checked: it ends once, its rows run one after the other, its pictures are exact.
/// SOAK_REQUESTS sets how many there are.
/// </summary>
public sealed class SoakTests(ITestOutputHelper output) : IDisposable
{
    private const int Few = 20_000, Live = 256;

    private readonly Dictionary<ulong, Asked> live = [];
    private readonly List<Asked> ended = [];
    private readonly Stopwatch submitting = new(), ticking = new(), device = new(), checking = new();
    private AnalyticRig? rig;
    private long rows, forwards, succeeded, failed, canceled, refused;

    [Fact]
    public void ManyRequests_EndOnceInOrderAndExact()
    {
        var wanted = int.TryParse(Environment.GetEnvironmentVariable("SOAK_REQUESTS"), CultureInfo.InvariantCulture, out var set) ? set : Few;
        using var played = rig = new AnalyticRig(
            SharedModels.Folder, inner => new ShellDevice(inner, lane => new Checker(this, lane)), _ => { },
            ("MaxQueuedGenerations", 2 * Live), ("MaxFinished", 0));
        var queue = rig.Services.GetRequiredService<AdmissionQueue>();
        rig.Device.IsPoisoned = row => live[row.Seed].IsPoisoned;
        rig.Device.BeforeCommit = _ =>
        {
            if (++forwards % 997 == 0) throw new InvalidOperationException("CUDA error: unspecified launch failure");
        };
        var dice = new Random(1);
        var watch = Stopwatch.StartNew();
        for (var number = 0; number < wanted;)
        {
            while (number < wanted && live.Count < Live) Submit(dice, (ulong)++number);
            if (dice.Next(4) == 0) live.Values.First().Generation.Cancel();
            Tick();
        }
        while (live.Count > 0) Tick();
        watch.Stop();
        Assert.False(rig.Engine.Tick());
        Assert.Equal((0L, 0, 0, 0), (queue.RowsWaiting, queue.Generations, rig.Engine.UsedSlots, rig.Service.Snapshot().Lanes.Count));
        Assert.Equal(wanted, succeeded + failed + canceled + refused);
        Assert.InRange(succeeded, 0.9 * wanted, wanted);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{wanted} requests: {succeeded} succeeded, {failed} failed, {canceled} canceled, {refused} refused; {rows} rows in {rig.Device.Batches} batches, {watch.Elapsed.TotalSeconds:0.0} s"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"of which admission {submitting.Elapsed.TotalSeconds:0.0} s, ticks {(ticking.Elapsed - device.Elapsed).TotalSeconds:0.0} s, the network of one line {device.Elapsed.TotalSeconds:0.0} s, the reference {checking.Elapsed.TotalSeconds:0.0} s"));
    }

    public void Dispose() => rig?.Dispose();

    private void Submit(Random dice, ulong seed)
    {
        var request = Draw(dice, seed);
        submitting.Start();
        try
        {
            live[seed] = new Asked(rig!.Service.Submit(request), seed % 1009 == 0);
        }
        catch (GenerationRefusedException refusal) when (refusal.Reason == RefusalReason.DeadlineInfeasible)
        {
            refused++;
        }
        submitting.Stop();
    }

    // three of five are few-step requests of one picture, as a service sees them
    private static GenerationRequest Draw(Random dice, ulong seed)
    {
        var kind = dice.Next(10);
        var label = dice.Next(-5, 10);
        return new GenerationRequest
        {
            Model = kind < 6 ? AnalyticRig.Memory : AnalyticRig.Labelled,
            Sampler = kind < 6 ? "dddm" : kind < 8 ? "ddim" : kind == 8 ? "dpmpp-2m" : "ddpm",
            Steps = kind < 6 ? dice.Next(1, 3) : dice.Next(2, 8),
            Count = kind < 6 ? 1 : dice.Next(1, 4),
            Seed = seed,
            Labels = label < 0 ? [] : [label],
            Guidance = label < 0 || kind < 6 ? null : dice.Next(3) == 0 ? 2.5 : 1,
            Client = Clients[dice.Next(Clients.Length)],
            Class = (RequestClass)dice.Next(3),
            Deadline = dice.Next(200) == 0 ? TimeSpan.FromMilliseconds(dice.Next(1, 2000)) : null,
        };
    }

    private static readonly string[] Clients = [.. Enumerable.Range(0, 16).Select(i => $"client-{i}")];

    private void Tick()
    {
        ticking.Start();
        Assert.True(rig!.Engine.Tick() || live.Values.All(a => a.IsFinal));
        ticking.Stop();
        checking.Start();
        foreach (var (seed, asked) in live)
            if (asked.IsFinal) ended.Add(asked);
        foreach (var asked in ended) End(asked);
        ended.Clear();
        checking.Stop();
    }

    private void End(Asked asked)
    {
        live.Remove(asked.Generation.Seed);
        switch (asked.Generation.State)
        {
            case GenerationState.Succeeded:
                succeeded++;
                AnalyticRig.AssertExact(asked.Generation);
                Assert.All(asked.Done, d => Assert.Equal(asked.Generation.Steps, d));
                break;
            case GenerationState.Failed:
                failed++;
                Assert.True(asked.IsPoisoned || asked.HasFailedAlone || asked.Generation.Request.Deadline is not null);
                break;
            default:
                canceled++;
                Assert.True(asked.Generation.IsCancelRequested);
                break;
        }
    }

    private sealed class Asked(Generation generation, bool isPoisoned)
    {
        public Generation Generation => generation;

        public bool IsPoisoned => isPoisoned;

        public bool HasFailedAlone { get; set; }

        public int[] Done { get; } = new int[generation.Count];

        public bool IsFinal => generation.State is GenerationState.Succeeded or GenerationState.Failed or GenerationState.Canceled;
    }

    /// <summary>Sees that every row is the next of its picture.</summary>
    private sealed class Checker(SoakTests soak, ILaneRunner inner) : LaneRunnerShell(inner)
    {
        public override RowOutputs Run(IReadOnlyList<RowInput> rows, int size)
        {
            soak.device.Start();
            try
            {
                var outputs = base.Run(rows, size);
                for (var i = 0; i < rows.Count; i++)
                {
                    if (!outputs.IsFinite[i]) continue;
                    var asked = soak.live[rows[i].Seed];
                    Assert.Equal(asked.Done[rows[i].Sample]++, rows[i].Step);
                    soak.rows++;
                }
                return outputs;
            }
            catch (InvalidOperationException)
            {
                if (rows.Count == 1) soak.live[rows[0].Seed].HasFailedAlone = true;
                throw;
            }
            finally
            {
                soak.device.Stop();
            }
        }
    }
}
