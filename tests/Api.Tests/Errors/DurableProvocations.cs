using Diffusion.Api.Tests.Endpoints;
using Diffusion.Checkpoints;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Diffusion.Api.Tests.Errors;

/// <summary>The failures of durable generations and of repeated requests, for <see cref="Provocations"/>.</summary>
internal static class DurableProvocations
{
    private const string LongRun = "sampler=ddpm&steps=1000&n=16&model=";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<ProblemAnswer> Failed(Service service)
    {
        await using var own = service.WithWebHostBuilder(_ => { });
        using var http = own.CreateClient();
        own.Services.GetRequiredService<InferenceEngine>().BeforeForward = _ => throw new InvalidOperationException("a kernel that does not run");
        var id = await (await http.PostAsync("/v1/generations?steps=1", ("Prefer", "wait=60"))).IdAsync();
        return await ProblemAnswer.ReadAsync(await http.GetAsync($"/v1/generations/{id}/result"));
    }

    public static async Task<ProblemAnswer> InProgress(Service service)
    {
        var (key, path) = (("Idempotency-Key", Guid.NewGuid().ToString("N")), "/generate?" + LongRun + Service.Long);
        using var leaving = new CancellationTokenSource();
        using var patience = new CancellationTokenSource(Patience);
        var first = service.Http.CallAsync(HttpMethod.Post, path, cancellationToken: leaving.Token, headers: key);
        var directory = service.Services.GetRequiredService<GenerationDirectory>();
        while (directory.Live.All(g => g.Model != Service.Long))
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        var problem = await ProblemAnswer.ReadAsync(await service.Http.PostAsync(path, key));
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        return problem;
    }

    public static async Task<ProblemAnswer> KeyReused(Service service)
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString("N"));
        (await service.Http.PostAsync("/generate?steps=1", key)).EnsureSuccessStatusCode();
        return await ProblemAnswer.ReadAsync(await service.Http.PostAsync("/generate?steps=2", key));
    }

    public static async Task<ProblemAnswer> FramesNotKept(Service service)
    {
        var id = await (await service.Http.PostAsync("/v1/generations?steps=1", ("Prefer", "wait=60"))).IdAsync();
        return await ProblemAnswer.ReadAsync(await service.Http.GetAsync($"/v1/generations/{id}/frames"));
    }

    public static async Task<ProblemAnswer> Expired(Service service)
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Store:MaxResultBytes", "0").UseSetting("Store:SweepInterval", "00:00:00.1"));
        using var http = small.CreateClient();
        var id = await (await http.PostAsync("/v1/generations?steps=1")).IdAsync();
        await http.UntilAsync(id, "expired");
        return await ProblemAnswer.ReadAsync(await http.GetAsync($"/v1/generations/{id}/result"));
    }

    public static async Task<ProblemAnswer> StoreShut(Service service)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in-the-way"], "");
        await using var shut = service.WithWebHostBuilder(b => b.UseSetting("Store:Path", Path.Combine(folder["in-the-way"], "store")));
        using var http = shut.CreateClient();
        return await ProblemAnswer.ReadAsync(await http.PostAsync("/v1/generations?steps=1"));
    }

    public static Task<ProblemAnswer> ModelGone(Service service) => AfterRestart(
        service, "leaving", _ => Directory.Delete(Path.Combine(service.ModelsPath, "leaving"), recursive: true), _ => { });

    public static Task<ProblemAnswer> NoLongerValid(Service service) => AfterRestart(
        service, "staying", _ => { }, b => b.UseSetting("Inference:MaxSteps", "100"));

    public static Task<ProblemAnswer> CrashedService(Service service) => AfterRestart(
        service, "deadly", store =>
        {
            using var records = new SqliteConnection($"Data Source={Path.Combine(store, "generations.db")};Pooling=False");
            records.Open();
            using var died = records.CreateCommand();
            died.CommandText = "UPDATE generations SET Attempts = 3";
            died.ExecuteNonQuery();
        }, _ => { });

    /// <summary>What a generation that was accepted before a restart ends with after it; such a problem is told by its record.</summary>
    private static async Task<ProblemAnswer> AfterRestart(Service service, string model, Action<string> meanwhile, Action<IWebHostBuilder> setUp)
    {
        using var store = new TemporaryFolder();
        var models = new CheckpointStore(service.ModelsPath, TimeProvider.System);
        TestModels.PublishLong(models, model, models.Find(Service.Unlabelled)!);
        try
        {
            string id;
            await using (var first = Over(service, store.Path, b => b.UseSetting("Inference:DrainTimeout", "00:00:00")))
            {
                using var http = first.CreateClient();
                id = await (await http.PostAsync($"/v1/generations?{LongRun}{model}", ("Prefer", "respond-async"))).IdAsync();
            }
            meanwhile(store.Path);
            await using var second = Over(service, store.Path, setUp);
            using var again = second.CreateClient();
            var problem = (await again.UntilAsync(id, "failed")).GetProperty("problem");
            var slug = problem.GetProperty("type").GetString()!;
            var status = Api.Errors.ProblemCatalogue.Find(slug["/problems/".Length..])!.Status;
            return new ProblemAnswer(slug, problem.GetProperty("title").GetString()!, status, problem.GetProperty("detail").GetString(), null, null);
        }
        finally
        {
            if (Directory.Exists(Path.Combine(service.ModelsPath, model))) Directory.Delete(Path.Combine(service.ModelsPath, model), recursive: true);
        }
    }

    private static WebApplicationFactory<Program> Over(Service service, string store, Action<IWebHostBuilder> setUp) => service.WithWebHostBuilder(b =>
    {
        b.UseSetting("Store:Path", store);
        setUp(b);
    });
}
