using System.Net;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Testing;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Diffusion.Api.Tests.Faults;

/// <summary>A disk without room, and records that somebody else has locked: what is durable is refused and says so, the rest goes on, and nothing that was accepted is lost.</summary>
public sealed class StoreTroubleTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const string Slow = "/v1/generations?model=marathon&sampler=ddim&steps=300&n=4&seed=3";

    private readonly TemporaryFolder folder = new(), elsewhere = new();
    private ServiceProcess undisturbed = null!;

    public async Task InitializeAsync()
    {
        TestModels.Publish(folder["models"]);
        TestModels.Publish(elsewhere["models"]);
        undisturbed = await ServiceProcess.StartAsync(elsewhere);
    }

    [OwnMountFact]
    public async Task Disk_Full_NothingDurableIsAcceptedAndNothingAcceptedIsLost()
    {
        Directory.CreateDirectory(folder["store"]);
        using var service = await ServiceProcess.StartAsync(folder, OwnMountFactAttribute.WithTmpfs(folder["store"], "2m"), ("Store__RetryPause", "00:00:00.2"));
        var orders = new Orders();
        Assert.True(await orders.SendAsync(service.Http));
        var slow = await (await service.Http.PostAsync(Slow)).IdAsync();
        // the mount is seen by the service alone
        var ballast = $"/proc/{service.Id}/root{folder["store"]}/ballast";
        Fill(ballast);
        var refused = await UntilRefusedAsync(service.Http, orders);
        Assert.Equal("/problems/store-unavailable", await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable));
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, (await service.Http.PostAsync("/generate?steps=2&seed=1")).StatusCode);
        File.Delete(ballast);
        await AssertSettledAsync(service.Http, orders, slow);
    }

    [Fact]
    public async Task Records_LockedBySomebodyElse_AreWaitedFor()
    {
        using var service = await ServiceProcess.StartAsync(folder, ("Store__RetryPause", "00:00:00.2"), ("Store__BusyTimeout", "00:00:01"));
        var orders = new Orders();
        Assert.True(await orders.SendAsync(service.Http));
        var slow = await (await service.Http.PostAsync(Slow)).IdAsync();
        using (var other = new SqliteConnection($"Data Source={Path.Combine(folder["store"], "generations.db")};Pooling=False"))
        {
            other.Open();
            using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            var refused = await UntilRefusedAsync(service.Http, orders);
            Assert.Equal("/problems/store-unavailable", await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable));
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Equal(HttpStatusCode.OK, (await service.Http.PostAsync("/generate?steps=2&seed=1")).StatusCode);
            Assert.Contains((await (await service.Http.GetAsync("/v1/generations/" + slow)).JsonAsync()).GetProperty("state").GetString(), new[] { "queued", "running" });
        }
        await AssertSettledAsync(service.Http, orders, slow);
    }

    public Task DisposeAsync()
    {
        undisturbed.Dispose();
        folder.Dispose();
        elsewhere.Dispose();
        return Task.CompletedTask;
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var block = new byte[512];
        try
        {
            while (true) file.Write(block);
        }
        catch (IOException)
        {
            // no space is left
        }
    }

    // what fits into room that the database has already is accepted rightly, and has to be kept
    private static async Task<HttpResponseMessage> UntilRefusedAsync(HttpClient http, Orders orders)
    {
        while (true)
        {
            var answer = await http.PostAsync("/v1/generations?model=digits-ddpm&steps=1&seed=1");
            if (answer.StatusCode != HttpStatusCode.Accepted) return answer;
            orders.Adopt("""{ "model": "digits-ddpm", "steps": 1, "seed": 1 }""", await answer.IdAsync());
        }
    }

    private async Task AssertSettledAsync(HttpClient http, Orders orders, string slow)
    {
        await http.UntilAsync(slow, "succeeded");
        while (!await AcceptsAsync(http, orders)) await Task.Yield();
        orders.Adopt("""{ "model": "marathon", "sampler": "ddim", "steps": 300, "n": 4, "seed": 3 }""", slow);
        var outcome = await orders.SettleAsync(http, undisturbed.Http);
        output.WriteLine($"{orders.Accepted} accepted before, in and after the trouble, {outcome.Lost.Count} lost, {outcome.Wrong.Count} wrong");
        Assert.Empty(outcome.Lost);
        Assert.Empty(outcome.Wrong);
        Assert.Equal(0, outcome.Doubled);
    }

    private static async Task<bool> AcceptsAsync(HttpClient http, Orders orders)
    {
        var answer = await http.PostAsync("/v1/generations?model=digits-ddpm&steps=1&seed=2");
        if (answer.StatusCode != HttpStatusCode.Accepted) return false;
        orders.Adopt("""{ "model": "digits-ddpm", "steps": 1, "seed": 2 }""", await answer.IdAsync());
        return true;
    }
}
