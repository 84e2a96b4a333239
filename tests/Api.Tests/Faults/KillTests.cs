using System.Globalization;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Testing;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>What was accepted is finished, once, and with the right pictures, whenever the process is killed or told to stop.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder folder = new(), elsewhere = new();

    [Fact]
    public async Task KillAndTerminate_AtAnyMomentUnderLoad_LoseNothingAndDoubleNothing()
    {
        TestModels.Publish(folder["models"]);
        TestModels.Publish(elsewhere["models"]);
        var chance = new Random(FaultRounds.Seed);
        var orders = new Orders();
        var (promised, unfinished) = (0, 0);
        for (var round = 0; round < FaultRounds.Count; round++)
        {
            // faults from outside are nobody's fault here, however many hit the same generation
            using var service = await ServiceProcess.StartAsync(
                folder, ("Store__MaxAttempts", "1000"), ("Inference__DrainTimeout", TimeSpan.FromMilliseconds(chance.Next(0, 500)).ToString("c", CultureInfo.InvariantCulture)));
            await LoadUntilAsync(service, orders, accepted: chance.Next(1, 25), kill: round % 2 == 0);
            if (round % 2 == 1 && service.Said.Contains("is left to the next start", StringComparison.Ordinal)) unfinished++;
        }
        promised = orders.Accepted;
        using var last = await ServiceProcess.StartAsync(folder, ("Store__MaxAttempts", "1000"));
        using var undisturbed = await ServiceProcess.StartAsync(elsewhere);
        var outcome = await orders.SettleAsync(last.Http, undisturbed.Http);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(FaultRounds.Count + 1) / 2} x SIGKILL and {FaultRounds.Count / 2} x SIGTERM ({unfinished} with work left): {orders.Asked} asked, {promised} accepted, {outcome.Lost.Count} lost, {outcome.Doubled} doubled, {outcome.Wrong.Count} wrong; largest difference of a pixel {outcome.Seeded} of 255 seeded, {outcome.Strict} strict"));
        Assert.Empty(outcome.Lost);
        Assert.Empty(outcome.Wrong);
        Assert.Equal(0, outcome.Doubled);
    }

    [Fact]
    public async Task Terminate_UnderLoad_LeavesTheRestToTheNextStart()
    {
        TestModels.Publish(folder["models"]);
        var ids = new List<string>();
        using (var first = await ServiceProcess.StartAsync(folder, ("Inference__DrainTimeout", "00:00:00")))
        {
            for (var seed = 0; seed < 6; seed++)
                ids.Add(await (await first.Http.PostAsync($"/v1/generations?model=marathon&sampler=ddpm&steps=300&n=4&seed={seed}")).IdAsync());
            Assert.Equal(0, await first.TerminateAsync());
            Assert.Contains("is left to the next start", first.Said, StringComparison.Ordinal);
        }
        using var second = await ServiceProcess.StartAsync(folder);
        foreach (var id in ids) await second.Http.UntilAsync(id, "succeeded");
        var kept = await second.Http.GetByteArrayAsync($"/v1/generations/{ids[3]}/result?format=png");
        var again = await second.Http.PostAsync("/generate?model=marathon&sampler=ddpm&steps=300&n=4&seed=3&format=png");
        Assert.InRange(PictureDifference.Of(kept, await again.Content.ReadAsByteArrayAsync()), 0, 1);
    }

    public void Dispose()
    {
        folder.Dispose();
        elsewhere.Dispose();
    }

    // four callers, each with its next request as soon as it has an answer, until so many are accepted and the fault comes
    private static async Task LoadUntilAsync(ServiceProcess service, Orders orders, int accepted, bool kill)
    {
        var left = accepted;
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            try
            {
                while (await orders.SendAsync(service.Http))
                    if (Interlocked.Decrement(ref left) == 0) enough.SetResult();
            }
            catch (HttpRequestException)
            {
                // it is gone
            }
        })).ToArray();
        await Task.WhenAny([enough.Task, .. callers]);
        if (kill) await service.KillAsync();
        else Assert.Equal(0, await service.TerminateAsync());
        await Task.WhenAll(callers);
    }
}
