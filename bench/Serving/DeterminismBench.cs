using System.Diagnostics;
using System.Globalization;
using Diffusion.Imaging;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;

namespace Diffusion.Bench.Serving;

/// <summary>
/// How far the pictures of one seed part when other pictures stand in the batch, for both levels of determinism, and
/// what the strict one costs. The two levels take turns within one process; only ratios mean anything.
/// </summary>
internal sealed class DeterminismBench(GenerationService service, ModelRegistry models, string model)
{
    private static readonly int[] Neighbours = [1, 2, 3, 5, 7, 11, 15, 31, 63];

    public async Task RunAsync(int steps, int pairs)
    {
        foreach (var loaded in models.Describe(model)!.Loaded)
            Say($"{model}@{loaded.Version}: {loaded.Bytes} bytes, strict batch sizes {string.Join(" ", loaded.StrictBatchSizes)}; not steady {string.Join(" ", loaded.UnsteadyBatchSizes)}");
        foreach (var determinism in Enum.GetValues<Determinism>()) await DifferAsync(determinism, steps);
        foreach (var clients in (int[])[1, 4, 16, 64]) await PriceAsync(clients, steps, pairs);
    }

    private async Task DifferAsync(Determinism determinism, int steps)
    {
        float largest = 0;
        int largestByte = 0, pictures = 0, same = 0;
        foreach (var sampler in models.Describe(model)!.Samplers)
        {
            foreach (var guidance in (double[])[1, 3])
            {
                var request = Request(42, sampler, steps) with { Guidance = guidance, Determinism = determinism };
                var alone = (await service.Submit(request).Completion).Values;
                foreach (var count in Neighbours)
                {
                    var others = Enumerable.Range(0, count).Select(i => service.Submit(Request((ulong)i, i % 2 == 0 ? "ddim" : "ddpm", steps + i % 7) with { Determinism = determinism })).ToArray();
                    var among = (await service.Submit(request).Completion).Values;
                    await Task.WhenAll(others.Select(o => o.Completion));
                    pictures++;
                    if (alone.AsSpan().SequenceEqual(among)) same++;
                    for (var i = 0; i < alone.Length; i++)
                    {
                        largest = Math.Max(largest, Math.Abs(alone[i] - among[i]));
                        largestByte = Math.Max(largestByte, Math.Abs(Pixels.ToByte(alone[i]) - Pixels.ToByte(among[i])));
                    }
                }
            }
        }
        Say($"{model}, {determinism}, {steps} steps, among {Neighbours[0]}..{Neighbours[^1]} others: {same} of {pictures} pictures to the bit, largest difference {largest:G3} of -1..1, {largestByte} of 0..255");
    }

    private async Task PriceAsync(int clients, int steps, int pairs)
    {
        await TimeAsync(Determinism.Seeded, clients, steps);
        await TimeAsync(Determinism.Strict, clients, steps);
        var (seeded, strict) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < pairs; pair++)
        {
            seeded.Add(await TimeAsync(Determinism.Seeded, clients, steps));
            strict.Add(await TimeAsync(Determinism.Strict, clients, steps));
        }
        var ratios = seeded.Zip(strict, (a, b) => a / b).Order().ToArray();
        Say($"{model}, {clients} clients x {steps} steps: strict/seeded throughput {ratios[pairs / 2]:F3} ({ratios[0]:F3}..{ratios[^1]:F3}, {pairs} pairs)");
    }

    private async Task<double> TimeAsync(Determinism determinism, int clients, int steps)
    {
        var started = Stopwatch.GetTimestamp();
        var all = Enumerable.Range(0, clients).Select(i => service.Submit(Request((ulong)i, "ddim", steps) with { Determinism = determinism })).ToArray();
        await Task.WhenAll(all.Select(g => g.Completion));
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private GenerationRequest Request(ulong seed, string sampler, int steps) => new() { Model = model, Sampler = sampler, Steps = steps, Seed = seed, Labels = [(int)(seed % 10)] };

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
