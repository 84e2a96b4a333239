using System.Diagnostics;
using System.Globalization;
using Diffusion.Bench.Serving;
using Diffusion.Inference;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Models;
using Diffusion.Networks;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

// What serving costs over the bare network: the same number of network evaluations, once as a plain loop over one batch and
// once as that many separate requests through the service, in turns within one process. Only the ratio means anything.
// usage: dotnet run -c Release --project bench/Serving -- [models folder] [model] [clients] [steps] [pairs]
// with the word determinism in place of the clients: what neighbours change in a picture, and what strict determinism costs;
// with the word growth: pictures a second of 1 to 256 clients
ThreadTeam.Prepare();
string Argument(int index, string fallback) => args.Length > index ? args[index] : fallback;
int Number(int index, int fallback) => int.Parse(Argument(index, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
var (folder, model) = (Argument(0, "models"), Argument(1, "digits-ddpm"));
var what = Argument(2, "");
var (clients, steps, pairs) = (what is "determinism" or "growth" ? 0 : Number(2, 8), Number(3, 20), Number(4, 7));

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Inference:ModelsPath"] = Path.GetFullPath(folder),
    ["Inference:DefaultModels:0"] = model,
    // the bare loop is on the CPU, and so is what it is compared with
    ["Inference:Device"] = what == "determinism" ? Environment.GetEnvironmentVariable("Inference__Device") ?? "cpu" : "cpu",
});
builder.Services.AddInference(builder.Configuration.GetSection(InferenceOptions.Section));
using var host = builder.Build();
await host.StartAsync();

var service = host.Services.GetRequiredService<GenerationService>();
if (what == "determinism")
{
    await service.Submit(new GenerationRequest { Model = model, Steps = 1 }).Completion;
    await new DeterminismBench(service, host.Services.GetRequiredService<ModelRegistry>(), model).RunAsync(steps, pairs);
    await host.StopAsync();
    return;
}

// the loop has as many threads as the engine
var threads = new TorchDevice(Options.Create(new InferenceOptions { Device = "cpu" })).Enter();
if (what == "growth")
{
    await GrowAsync();
    await host.StopAsync();
    return;
}

using var loop = new BareLoop(folder, model, clients, steps, threads);

async Task GrowAsync()
{
    Console.WriteLine($"{model}, one picture of {steps} DDIM steps a client, {threads} threads of libtorch; median of {pairs} rounds (least to most)");
    Console.WriteLine("| clients | pictures/s served | bare loop | served / bare |\n|---|---|---|---|");
    foreach (var count in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256 })
    {
        using var alone = new BareLoop(folder, model, count, steps, threads);
        await Serve(count);
        alone.Run();
        var (own, all) = (new List<double>(), new List<double>());
        for (var pair = 0; pair < pairs; pair++)
        {
            own.Add(count / alone.Run() * 1000);
            all.Add(count / await Serve(count) * 1000);
        }
        var shares = all.Zip(own, (a, o) => a / o).Order().ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {count} | {Median(all):0.0} ({all.Min():0.0} to {all.Max():0.0}) | {Median(own):0.0} | {Median(shares):0.00} ({shares[0]:0.00} to {shares[^1]:0.00}) |"));
    }
}

async Task<double> Serve(int clients)
{
    var started = Stopwatch.GetTimestamp();
    var generations = Enumerable.Range(0, clients)
        .Select(i => service.Submit(new GenerationRequest { Model = model, Sampler = "ddim", Steps = steps, Seed = (ulong)i, Labels = [i % 10] }))
        .ToArray();
    await Task.WhenAll(generations.Select(g => g.Completion));
    return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
}

await Serve(clients);
loop.Run();
var (served, bare, work) = (new List<double>(), new List<double>(), new List<double>());
for (var pair = 0; pair < pairs; pair++)
{
    var before = Environment.CpuUsage.TotalTime;
    bare.Add(loop.Run());
    var between = Environment.CpuUsage.TotalTime;
    served.Add(await Serve(clients));
    // of the processor: what the engine does besides the network, whoever else wants the cores
    work.Add((Environment.CpuUsage.TotalTime - between) / (between - before));
}

var ratios = bare.Zip(served, (b, s) => b / s).Order().ToArray();
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"{model}, {clients} clients x {steps} steps, {threads} threads of libtorch: bare {Median(bare):F0} ms, served {Median(served):F0} ms, served/bare throughput {Median(ratios):F3} ({ratios[0]:F3}..{ratios[^1]:F3}, {pairs} pairs); processor time served/bare {Median(work):F3} ({work.Min():F3}..{work.Max():F3})"));
await host.StopAsync();

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToArray();
    return sorted[sorted.Length / 2];
}
