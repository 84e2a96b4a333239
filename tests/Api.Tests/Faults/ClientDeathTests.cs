using System.Net;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Api.Tests.Hubs;
using Diffusion.Testing;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>Clients that die while they are answered, and one that never reads, over real connections. Each has a connection of its own, and it ends with the client.</summary>
public sealed class ClientDeathTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Endless = "model=marathon&sampler=ddpm&steps=1000&n=64";

    private readonly TemporaryFolder folder = new(), elsewhere = new();
    private readonly CancellationTokenSource patience = new(TimeSpan.FromMinutes(10));
    private ServiceProcess service = null!, undisturbed = null!;

    public async Task InitializeAsync()
    {
        TestModels.Publish(folder["models"]);
        TestModels.Publish(elsewhere["models"]);
        service = await ServiceProcess.StartAsync(folder);
        undisturbed = await ServiceProcess.StartAsync(elsewhere);
    }

    [Fact]
    public async Task Clients_ThatDieInEveryPhase_LeaveNothingBehindAndTakeNothingAlong()
    {
        var chance = new Random(FaultRounds.Seed);
        var orders = new Orders();
        for (var round = 0; round < FaultRounds.Count; round++)
        {
            await orders.SendAsync(service.Http);
            await BeforeTheAnswerAsync(orders, chance.Next(0, 200));
            await WhileItWaitsForADurableOneAsync();
            await WhileTwoRunAndOneIsQueuedAsync();
            await WhileItStreamsAsync(frames: chance.Next(1, 20));
            await WhileItDownloadsAsync();
            await UntilIdleAsync();
        }
        var outcome = await orders.SettleAsync(service.Http, undisturbed.Http);
        output.WriteLine($"{FaultRounds.Count} rounds of 6 dead clients: {orders.Asked} asked, {outcome.Lost.Count} lost, {outcome.Wrong.Count} wrong; largest difference {outcome.Seeded} of 255 seeded, {outcome.Strict} strict");
        Assert.Empty(outcome.Lost);
        Assert.Empty(outcome.Wrong);
    }

    [Fact]
    public async Task Subscribers_ThatNeverRead_HoldUpNobodyAndTakeNoMemory()
    {
        var orders = new Orders();
        await orders.SendAsync(service.Http);
        await UntilIdleAsync();
        var before = service.Memory;
        List<HubClient> stalled = [];
        for (var i = 0; i < 10; i++)
        {
            var client = await HubClient.ConnectAsync(service.Http.BaseAddress!, patience.Token);
            await client.StartAsync("Generate", patience.Token, new { model = "marathon", sampler = "ddpm", steps = 1000, n = 8, seed = i });
            stalled.Add(client);
        }
        await UntilAsync(queue => queue.Generations > 0);
        for (var i = 0; i < 12; i++) await orders.SendAsync(service.Http);
        // their generations come to an end although nobody takes the frames
        await UntilIdleAsync();
        var grown = service.Memory - before;
        foreach (var client in stalled)
        {
            client.Abort();
            await client.DisposeAsync();
        }
        var outcome = await orders.SettleAsync(service.Http, undisturbed.Http);
        output.WriteLine($"{stalled.Count} subscribers that never read, 1000 steps of 8 pictures each: memory {grown / 1e6:F0} MB more; {outcome.Lost.Count} lost, {outcome.Wrong.Count} wrong");
        Assert.Empty(outcome.Lost);
        Assert.Empty(outcome.Wrong);
        Assert.InRange(grown, long.MinValue, 256L << 20);
    }

    public async Task DisposeAsync()
    {
        service.Dispose();
        undisturbed.Dispose();
        patience.Dispose();
        folder.Dispose();
        elsewhere.Dispose();
        await Task.CompletedTask;
    }

    private async Task BeforeTheAnswerAsync(Orders orders, int yields)
    {
        using var client = Client();
        using var death = new CancellationTokenSource();
        var sending = orders.SendAsync(client, death.Token);
        for (var i = 0; i < yields; i++) await Task.Yield();
        await death.CancelAsync();
        try
        {
            await sending;
        }
        catch (OperationCanceledException)
        {
            // that is the death; whether it was accepted, its key tells later
        }
    }

    private async Task WhileItWaitsForADurableOneAsync()
    {
        using var client = Client();
        var id = await (await client.PostAsync("/v1/generations?model=marathon&sampler=ddim&steps=200&n=4&seed=5")).IdAsync();
        using var death = new CancellationTokenSource();
        var waiting = client.CallAsync(HttpMethod.Post, "/v1/generations?model=marathon&sampler=ddim&steps=200&n=4&seed=5", null, death.Token, ("Prefer", "wait=60"));
        await service.Http.UntilAsync(id, "running", "succeeded");
        await death.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await service.Http.UntilAsync(id, "succeeded");
    }

    // two fill every tick, and the third is of a class that comes after theirs
    private async Task WhileTwoRunAndOneIsQueuedAsync()
    {
        using var client = Client();
        using var death = new CancellationTokenSource();
        List<Task<HttpResponseMessage>> calls = [Send(""), Send("")];
        await UntilAsync(queue => queue.Generations == 2 && queue.RowsWaiting < 2 * 64_000);
        calls.Add(Send("&priority=evaluation"));
        await UntilAsync(queue => queue.Generations == 3);
        await death.CancelAsync();
        foreach (var call in calls) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        // the service learns of it a moment later; until then their rows leave no room for others
        await UntilIdleAsync();

        Task<HttpResponseMessage> Send(string more) => client.CallAsync(HttpMethod.Post, "/generate?" + Endless + more, null, death.Token);
    }

    private async Task WhileItStreamsAsync(int frames)
    {
        await using var client = await HubClient.ConnectAsync(service.Http.BaseAddress!, patience.Token);
        var stream = await client.StartAsync("Generate", patience.Token, new { model = "marathon", sampler = "ddpm", steps = 1000, n = 16 });
        await foreach (var happened in client.ItemsAsync(stream, patience.Token))
            if (happened.GetProperty("type").GetString() == "frame" && --frames == 0) break;
        client.Abort();
    }

    private async Task WhileItDownloadsAsync()
    {
        var id = await (await service.Http.PostAsync("/v1/generations?model=digits-ddpm&sampler=ddim&steps=4&n=16&seed=9", ("Prefer", "wait=60"))).IdAsync();
        var path = $"/v1/generations/{id}/result?format=zip&scale=16";
        var whole = await service.Http.GetByteArrayAsync(path);
        using (var client = Client())
        {
            using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(patience.Token);
            Assert.Equal(1, await body.ReadAsync(new byte[1], patience.Token));
        }
        Assert.Equal(whole, await service.Http.GetByteArrayAsync(path));
    }

    private HttpClient Client() => new(new SocketsHttpHandler()) { BaseAddress = service.Http.BaseAddress };

    private Task UntilIdleAsync() => UntilAsync(queue => queue is { Generations: 0, RowsWaiting: 0 });

    private async Task UntilAsync(Func<(int Generations, long RowsWaiting), bool> holds)
    {
        while (true)
        {
            var queue = await (await service.Http.GetAsync("/v1/queue", patience.Token)).JsonAsync();
            if (holds((queue.GetProperty("generations").GetInt32(), queue.GetProperty("rowsWaiting").GetInt64()))) return;
            await Task.Yield();
        }
    }
}
