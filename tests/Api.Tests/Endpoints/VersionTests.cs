using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Diffusion.Checkpoints;
using static Diffusion.Api.Tests.Endpoints.VersionedService;

namespace Diffusion.Api.Tests.Endpoints;

public sealed class VersionTests(VersionedService service) : IClassFixture<VersionedService>
{
    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null)
    {
        var request = new HttpRequestMessage(method, $"/v1/models/{path}");
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return service.Http.SendAsync(request);
    }

    private Task<JsonElement> GetAsync(string path) => service.Http.GetFromJsonAsync<JsonElement>($"/v1/models/{path}");

    [Fact]
    public async Task Results_Attached_AreTheVersionsMetrics()
    {
        var before = (await GetAsync($"{Ladder}/versions/2")).GetProperty("files").ToString();
        for (var i = 0; i < 2; i++)
        {
            var answer = await SendAsync(HttpMethod.Post, $"{Ladder}/versions/2/results", """{ "id": "one", "metrics": { "fid": 12.5, "accuracy": 0.9 }, "settings": { "steps": "20" } }""");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, $"{Ladder}/versions/2/results", """{ "id": "two", "metrics": { "fid": 11 } }""")).StatusCode);
        var version = await GetAsync($"{Ladder}/versions/2");
        Assert.Equal((11, 0.9), (version.GetProperty("metrics").GetProperty("fid").GetDouble(), version.GetProperty("metrics").GetProperty("accuracy").GetDouble()));
        Assert.Equal(["one", "two"], version.GetProperty("results").EnumerateArray().Select(r => r.GetProperty("id").GetString()));
        Assert.Equal(before, version.GetProperty("files").ToString());
        var other = await SendAsync(HttpMethod.Post, $"{Ladder}/versions/2/results", """{ "id": "two", "metrics": { "fid": 10 } }""");
        Assert.Equal(("/problems/conflicting-state", HttpStatusCode.Conflict), ((await ProblemAnswer.ReadAsync(other)).Type, other.StatusCode));
    }

    [Theory]
    [InlineData("[]", "id")]
    [InlineData("{}", "id,metrics")]
    [InlineData("""{ "id": 1, "metrics": [], "settings": { "a": 1 }, "colour": 1 }""", "colour,id,metrics,settings")]
    [InlineData("""{ "id": "a", "metrics": {} }""", "metrics")]
    [InlineData("""{ "id": "a", "metrics": { "fid": 1e999 } }""", "metrics")]
    [InlineData("""{ "id": "a", "metrics": { "fid": "1" } }""", "metrics")]
    [InlineData("""{ "id": "", "metrics": { "fid": 1 } }""", "id")]
    public async Task Results_Wrong_NameEveryField(string json, string fields)
    {
        var problem = await ProblemAnswer.ReadAsync(await SendAsync(HttpMethod.Post, $"{Ladder}/versions/1/results", json));
        Assert.Equal("/problems/validation", problem.Type);
        Assert.Equal(fields.Split(','), problem.Errors!.Keys.Order());
    }

    [Fact]
    public async Task Lineage_OfAVersion_GoesBothWays()
    {
        var store = new CheckpointStore(service.ModelsPath, TimeProvider.System);
        var from = store.Find(Ladder, "1")!;
        store.Publish("child", _ => from.Manifest with { Parents = [new(Ladder, 1, LineageLink.Initial), new("elsewhere", 4, LineageLink.Teacher)] },
            into => File.Copy(from.PathOf(CheckpointVersion.WeightsFile), Path.Combine(into, CheckpointVersion.WeightsFile)));
        // the service hears of it by itself
        while ((await service.Http.GetAsync("/v1/models/child")).StatusCode != HttpStatusCode.OK) await Task.Yield();
        var child = await GetAsync("child/versions/1/lineage");
        Assert.Equal(["elsewhere 4 unknown", $"{Ladder} 1 present"], child.GetProperty("ancestors").EnumerateArray().Select(Told));
        Assert.Equal(["child 1 present"], (await GetAsync($"{Ladder}/versions/1/lineage")).GetProperty("descendants").EnumerateArray().Select(Told));
        var parents = (await GetAsync("child/versions/1")).GetProperty("parents").EnumerateArray().Select(p => p.GetProperty("role").GetString());
        Assert.Equal(["initial", "teacher"], parents);

        static string Told(JsonElement node) => $"{node.GetProperty("model").GetString()} {node.GetProperty("version").GetInt32()} {node.GetProperty("state").GetString()}";
    }

    [Fact]
    public async Task Pin_AndRetention_TellWhatIsKeptAndWhy()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Put, $"{Ladder}/versions/1/pin")).StatusCode);
        Assert.True((await GetAsync($"{Ladder}/versions/1")).GetProperty("pinned").GetBoolean());
        var retention = await GetAsync($"{Ladder}/retention");
        var kept = retention.GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("kept").EnumerateArray().Select(k => k.GetString()).ToArray()).ToArray();
        Assert.Contains("pinned", kept[0]);
        Assert.Contains("in use", kept[2]);
        Assert.All(kept, reasons => Assert.Contains(reasons, r => r!.StartsWith("nothing is deleted", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(HttpMethod.Delete, $"{Ladder}/versions/1/pin")).StatusCode);
        Assert.False((await GetAsync($"{Ladder}/versions/1")).GetProperty("pinned").GetBoolean());
    }

    [Fact]
    public async Task Models_WithADamagedVersion_SayWhichAndWhy()
    {
        var model = await GetAsync(Damaged);
        Assert.Equal(1, model.GetProperty("version").GetInt32());
        Assert.Contains("SHA-256", model.GetProperty("refused").GetProperty("2").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "nobody/versions/1/lineage")]
    [InlineData("GET", "nobody/retention")]
    [InlineData("POST", "ladder/versions/9/results")]
    [InlineData("PUT", "ladder/versions/9/pin")]
    [InlineData("DELETE", "ladder/versions/9/pin")]
    public async Task Call_OfWhatIsNotThere_Is404(string method, string path) =>
        Assert.Equal("/problems/unknown-model", (await ProblemAnswer.ReadAsync(await SendAsync(new HttpMethod(method), path, method == "POST" ? """{ "id": "a", "metrics": { "b": 1 } }""" : null))).Type);
}
