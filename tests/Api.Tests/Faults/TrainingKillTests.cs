using System.Text.Json;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Tests;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>A job goes on by itself whenever the process is killed, and ends in the bytes of one that nothing happened to.</summary>
public sealed class TrainingKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Steps = 45, MostLines = 20;

    private static readonly string[] Objectives = [""" "kind": "dddm", "memoryRefresh": 0.3 """, """ "kind": "ddpm" """];

    private readonly TemporaryFolder folder = new(), elsewhere = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromMinutes(30));
    private readonly List<string> names = [];

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
        patience.Dispose();
    }

    [Fact]
    public async Task Kill_AtAnyMomentOfTraining_ChangesNoBit()
    {
        foreach (var each in new[] { folder, elsewhere }) TinySet.Write(each["data"]);
        var chance = new Random(FaultRounds.Seed);
        for (var round = 0; round < FaultRounds.Count; round++)
        {
            using var service = await ServiceProcess.StartAsync(folder, ("Training__Threads", "1"));
            await PassAsync(service, lines: chance.Next(0, MostLines));
            for (var i = chance.Next(0, 200); i > 0; i--) await Task.Yield();
            await service.KillAsync();
        }
        using (var last = await ServiceProcess.StartAsync(folder, ("Training__Threads", "1")))
        {
            // a kill may have come before anything was begun
            await PassAsync(last, lines: 1);
            await EndAsync(last);
        }
        using (var undisturbed = await ServiceProcess.StartAsync(elsewhere, ("Training__Threads", "1")))
        {
            for (var i = 0; i < names.Count; i++) await SubmitAsync(undisturbed, i);
            await EndAsync(undisturbed);
        }
        var starts = 0;
        foreach (var name in names) starts += Compare(name);
        output.WriteLine($"{FaultRounds.Count} x SIGKILL, seed {FaultRounds.Seed}: {names.Count} jobs of {Steps} steps were begun or gone on with {starts} times and all ended in the bytes of an undisturbed run");
    }

    /// <summary>Lets so many steps be logged; gives the service work when it has none.</summary>
    private async Task PassAsync(ServiceProcess service, int lines)
    {
        while (lines > 0)
        {
            var jobs = await (await service.Http.GetAsync($"{TrainingJobs.Path}?limit=200", headers: [])).JsonAsync();
            var open = jobs.GetProperty("items").EnumerateArray().Where(j => j.State() is "queued" or "running").ToArray();
            if (open.Length == 0)
            {
                names.Add(Name(names.Count));
                await SubmitAsync(service, names.Count - 1);
                continue;
            }
            using var answer = await service.Http.GetAsync(
                $"{TrainingJobs.Path}/{open[^1].GetProperty("id").GetString()}/metrics?follow=true&fromStep={open[^1].Step() + 1}", HttpCompletionOption.ResponseHeadersRead, patience.Token);
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(patience.Token));
            while (lines > 0 && await reader.ReadLineAsync(patience.Token) is not null) lines--;
        }
    }

    private static string Name(int number) => $"killed-{number}";

    private static async Task SubmitAsync(ServiceProcess service, int number) => await service.Http.SubmitAsync(
        TrainingJobs.File(Name(number), Steps, Objectives[number % Objectives.Length])
            .Replace("\"seed\": 11", $"\"seed\": {number}", StringComparison.Ordinal)
            .Replace("\"log\": 5, \"checkpoint\": 50", "\"log\": 1, \"checkpoint\": 4, \"publish\": 15, \"sample\": 20, \"validate\": 10", StringComparison.Ordinal));

    private async Task EndAsync(ServiceProcess service)
    {
        while (true)
        {
            var jobs = (await (await service.Http.GetAsync($"{TrainingJobs.Path}?limit=200", patience.Token)).JsonAsync()).GetProperty("items").EnumerateArray().ToArray();
            Assert.All(jobs, j => Assert.True(j.State() is "queued" or "running" or "succeeded", j.GetRawText()));
            if (jobs.All(j => j.State() == "succeeded")) return;
            await Task.Yield();
        }
    }

    /// <summary>How often the run was begun or gone on with.</summary>
    private int Compare(string name)
    {
        var (one, other) = (Path.Combine(folder["state"], "runs", name), Path.Combine(elsewhere["state"], "runs", name));
        foreach (var file in new[] { "state.safetensors", "memory/memory-even", "memory/memory-odd", "samples/00000020.png", "samples/00000040.png" })
            if (File.Exists(Path.Combine(other, file))) Assert.Equal(File.ReadAllBytes(Path.Combine(other, file)), File.ReadAllBytes(Path.Combine(one, file)));
        Assert.Equal(Curve(other), Curve(one));
        var (here, there) = (new CheckpointStore(folder["models"], TimeProvider.System), new CheckpointStore(elsewhere["models"], TimeProvider.System));
        Assert.Equal([1, 2, 3], there.Versions(name).Order());
        Assert.Equal([1, 2, 3], here.Versions(name).Order());
        foreach (var version in new[] { "1", "2", "3" })
        {
            CheckpointStore.Verify(here.Find(name, version)!);
            Assert.Equal(there.Find(name, version)!.Manifest.Files["model.safetensors"], here.Find(name, version)!.Manifest.Files["model.safetensors"]);
        }
        var record = Directory.GetFiles(Path.Combine(folder["state"], "queue"), "*.json").Select(f => JsonDocument.Parse(File.ReadAllBytes(f)).RootElement).Single(r => r.GetProperty("name").GetString() == name);
        Assert.Equal([15, 30, 45], record.GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("step").GetInt32()));
        return record.GetProperty("events").EnumerateArray().Count(e => e.GetProperty("kind").GetString() == "started");
    }

    // all but how fast it was
    private static string[] Curve(string run) => [.. File.ReadLines(Path.Combine(run, "metrics.ndjson")).Select(line => string.Join(' ',
        JsonDocument.Parse(line).RootElement.EnumerateObject().Where(v => v.Name is not "imagesPerSecond" and not "remainingSeconds").Select(v => $"{v.Name}={v.Value}")))];
}
