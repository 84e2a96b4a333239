using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Diffusion.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Diffusion.Api.Tests;

/// <summary>The whole service over tiny models: the engine runs, only the network card is missing.</summary>
public class Service : WebApplicationFactory<Program>, IAsyncLifetime
{
    /// <summary>Class-conditional, 8x8 grey, for ddim and ddpm.</summary>
    public const string Plain = "digits-ddpm";

    /// <summary>The same with a memory input, for dddm too.</summary>
    public const string Memory = "digits-dddm";

    /// <summary>Without labels.</summary>
    public const string Unlabelled = "shapes";

    /// <summary>T = 1000, for generations that take a while.</summary>
    public const string Long = "marathon";

    private readonly TemporaryFolder folder = new();

    /// <summary>The folder of the models.</summary>
    public string ModelsPath => folder["models"];

    /// <summary>The folder of the image sets.</summary>
    public string DataPath => folder["data"];

    /// <summary>Where the keys of this service would be; there are none.</summary>
    public string KeyFile => folder["keys.json"];

    /// <summary>A client, once the service is ready.</summary>
    public HttpClient Http { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        TestModels.Publish(ModelsPath);
        Training.Tests.TinySet.Write(folder["data"]);
        Http = CreateClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while ((await Http.GetAsync("/healthz/ready", patience.Token)).StatusCode != HttpStatusCode.OK) await Task.Yield();
    }

    public new async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>POST /generate with a query and, if given, a JSON body.</summary>
    public Task<HttpResponseMessage> GenerateAsync(string query, string? json = null, string? accept = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/generate" + (query.Length > 0 ? "?" + query : ""));
        if (json is not null) request.Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        return Http.SendAsync(request);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment("Production");
        builder.UseSetting("Inference:ModelsPath", ModelsPath);
        // each host of its own: a store belongs to one service
        builder.UseSetting("Store:Path", folder[$"generations-{Guid.NewGuid():N}"]);
        builder.UseSetting("Training:Models", ModelsPath);
        builder.UseSetting("Training:State", folder["state"]);
        builder.UseSetting("Training:Data", folder["data"]);
        builder.UseSetting("Api:KeyFile", KeyFile);
        builder.UseSetting("Inference:Device", "cpu");
        builder.UseSetting("Inference:Threads", "1");
        builder.UseSetting("Inference:MaxCount", "16");
        builder.UseSetting("Inference:MaxSteps", "1000");
    }
}

/// <summary>Tests that share one running service.</summary>
[CollectionDefinition(Name)]
public sealed class SharedService : ICollectionFixture<Service>
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "service";
}

/// <summary>A problem as a caller reads it.</summary>
internal sealed record ProblemAnswer(string Type, string Title, int Status, string? Detail, string? TraceId, Dictionary<string, string[]>? Errors)
{
    public static async Task<ProblemAnswer> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = (await response.Content.ReadFromJsonAsync<ProblemAnswer>(JsonSerializerOptions.Web))!;
        Assert.Equal((int)response.StatusCode, problem.Status);
        Assert.False(string.IsNullOrEmpty(problem.TraceId));
        return problem;
    }
}
