using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class CatalogueTests(Service service)
{
    private Task<JsonElement> GetAsync(string path) => service.Http.GetFromJsonAsync<JsonElement>(path);

    [Fact]
    public async Task Models_List_SaysWhatThePageNeeds()
    {
        var models = (await GetAsync("/v1/models")).EnumerateArray().ToDictionary(m => m.GetProperty("name").GetString()!);
        var plain = models[Service.Plain];
        Assert.Equal((8, 8, 1, TinyModels.Times), (plain.GetProperty("width").GetInt32(), plain.GetProperty("height").GetInt32(), plain.GetProperty("channels").GetInt32(), plain.GetProperty("timeSteps").GetInt32()));
        Assert.Equal(10, plain.GetProperty("labels").GetArrayLength());
        var samplers = plain.GetProperty("samplers").EnumerateArray().Select(s => s.GetString()).ToArray();
        Assert.Contains("ddim", samplers);
        Assert.DoesNotContain("dddm", samplers);
        Assert.Equal("ddim", plain.GetProperty("sampling").GetProperty("sampler").GetString());
        Assert.False(models[Service.Unlabelled].TryGetProperty("labels", out _));
        Assert.Contains("dddm", models[Service.Memory].GetProperty("samplers").EnumerateArray().Select(s => s.GetString()));
    }

    [Fact]
    public async Task Model_ByName_IsThatOfTheList()
    {
        var list = await GetAsync("/v1/models");
        var one = await GetAsync("/v1/models/" + Service.Memory);
        Assert.Equal(list.EnumerateArray().Single(m => m.GetProperty("name").GetString() == Service.Memory).ToString(), one.ToString());
    }

    [Fact]
    public async Task Model_Unknown_Is404AndNamesTheOthers()
    {
        var problem = await ProblemAnswer.ReadAsync(await service.Http.GetAsync("/v1/models/nobody"));
        Assert.Equal("/problems/unknown-model", problem.Type);
        Assert.Contains(Service.Plain, problem.Errors!["name"][0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Samplers_List_DescribesOptionsAndModels()
    {
        var samplers = (await GetAsync("/v1/samplers")).EnumerateArray().ToDictionary(s => s.GetProperty("name").GetString()!);
        // others publish models to this service meanwhile; of those it began with, one has a memory
        string?[] served = [.. samplers["dddm"].GetProperty("models").EnumerateArray().Select(m => m.GetString())];
        Assert.Equal([Service.Memory], served.Intersect([Service.Plain, Service.Memory, Service.Unlabelled, Service.Long]));
        var eta = samplers["ddim"].GetProperty("options").EnumerateArray().Single(o => o.GetProperty("name").GetString() == "eta");
        Assert.Equal(("number", "0", 0.0, 1.0), (eta.GetProperty("kind").GetString(), eta.GetProperty("default").GetString(), eta.GetProperty("minimum").GetDouble(), eta.GetProperty("maximum").GetDouble()));
        var walk = samplers["dddm"].GetProperty("options").EnumerateArray().Single();
        Assert.Equal("choice", walk.GetProperty("kind").GetString());
        Assert.Contains("fixed", walk.GetProperty("choices").EnumerateArray().Select(c => c.GetString()));
        Assert.False(walk.TryGetProperty("minimum", out _));
    }

    [Fact]
    public async Task Samplers_List_TellsPaperEquationsAndUse()
    {
        foreach (var sampler in (await GetAsync("/v1/samplers")).EnumerateArray())
        {
            string Text(string field) => sampler.GetProperty(field).GetString()!;
            Assert.Equal($"{Text("paper")}, {Text("equations")}", Text("reference"));
            Assert.EndsWith(".", Text("useWhen"), StringComparison.Ordinal);
        }
        var pc = await GetAsync("/v1/samplers/pc");
        Assert.Equal("Song et al. 2021 (score SDE)", pc.GetProperty("paper").GetString());
        Assert.Equal(["predictor", "corrector", "snr", "spacing", "clip"], pc.GetProperty("options").EnumerateArray().Select(o => o.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task Queue_Get_CountsRows()
    {
        var queue = await GetAsync("/v1/queue");
        Assert.True(queue.GetProperty("rowsWaiting").GetInt64() >= 0);
        Assert.Equal(JsonValueKind.Array, queue.GetProperty("lanes").ValueKind);
    }

    [Fact]
    public async Task Problems_EveryTypeThatIsListed_ExplainsItself()
    {
        var list = await service.Http.GetStringAsync("/problems");
        foreach (var line in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var text = await service.Http.GetStringAsync(line.Split(' ')[1]);
            Assert.Contains($"(HTTP {line.Split(' ')[0]})", text, StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.NotFound, (await service.Http.GetAsync("/problems/none")).StatusCode);
    }

    [Theory]
    [InlineData("/healthz/live")]
    [InlineData("/healthz/ready")]
    public async Task Health_OfARunningService_IsHealthy(string path) =>
        Assert.Equal("healthy", (await GetAsync(path)).GetProperty("status").GetString());
}
