using System.Net;
using System.Text.Json;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class TrainingTests(Service service)
{
    private HttpClient Http => service.Http;

    [Fact]
    public async Task Submit_WrongFields_NamesEachOfThem()
    {
        var answer = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("wrong").Replace("\"batch\": 4", "\"batch\": 0, \"colour\": 1", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ProblemAnswer.ReadAsync(answer);
        Assert.Contains("batch", problem.Errors!.Keys);
        Assert.Contains("colour", problem.Errors.Keys);
    }

    [Fact]
    public async Task Submit_DataThatIsNotThere_NamesTheField()
    {
        var answer = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("absent").Replace("\"tiny\"", "\"not-imported\"", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["data"], (await ProblemAnswer.ReadAsync(answer)).Errors!.Keys);
    }

    [Fact]
    public async Task Submit_PerceptualLossWithoutANetwork_NamesTheField()
    {
        var answer = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("perceptual", objective: """ "kind": "dddm", "loss": { "kind": "pseudo-lpips" } """));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await ProblemAnswer.ReadAsync(answer);
        Assert.Contains("Training:PerceptualNetwork", Assert.Single(problem.Errors!["objective.loss.kind"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?priority=101&colour=red", "{}", 400, "validation")]
    [InlineData("", "[]", 400, "malformed-json")]
    [InlineData("", "{ \"name\": ", 400, "malformed-json")]
    public async Task Submit_WhatIsNoJob_IsRefused(string query, string body, int status, string problem)
    {
        var answer = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path + query, body);

        Assert.Equal("/problems/" + problem, await answer.ProblemAsync((HttpStatusCode)status));
    }

    [Fact]
    public async Task Templates_AreTheJobFilesBesideTheModels()
    {
        var jobs = Directory.CreateDirectory(System.IO.Path.Combine(service.ModelsPath, "jobs")).FullName;
        await File.WriteAllTextAsync(System.IO.Path.Combine(jobs, "b.json"), "// made by hand\n" + TrainingJobs.File("from-b"));
        await File.WriteAllTextAsync(System.IO.Path.Combine(jobs, "a.json"), TrainingJobs.File("from-a"));
        await File.WriteAllTextAsync(System.IO.Path.Combine(jobs, "c.json"), "{}");
        var templates = (await (await Http.GetAsync("/v1/training-templates", headers: [])).JsonAsync()).EnumerateArray().ToArray();
        Directory.Delete(jobs, recursive: true);
        Assert.Equal([("a", "from-a"), ("b", "from-b")], templates.Select(t => (t.GetProperty("name").GetString(), t.GetProperty("job").GetProperty("name").GetString())));
    }

    [Fact]
    public async Task Job_OverItsLife_GoesWhereItIsTold()
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("life", objective: """ "kind": "dddm" """));
        var job = await Http.UntilJobAsync(id, j => j.Step() > 0);
        Assert.Equal(("running", true, 2 * 10 * 64), (job.State(), job.IsActive(), job.GetProperty("memoryBytes").GetInt32()));
        Assert.True(job.GetProperty("progress").GetProperty("remainingSeconds").GetDouble() > 0);
        Assert.Equal("tiny", job.GetProperty("job").GetProperty("data").GetString());

        var saved = await (await Http.TellAsync(id, "checkpoint")).JsonAsync();
        Assert.False(saved.TryGetProperty("version", out _));
        var published = await (await Http.TellAsync(id, "checkpoint?publish=true")).JsonAsync();
        Assert.Equal((1, true), (published.GetProperty("version").GetInt32(), published.GetProperty("step").GetInt32() > saved.GetProperty("step").GetInt32()));
        var version = Assert.Single((await Http.JobAsync(id)).GetProperty("versions").EnumerateArray());
        Assert.Equal(published.GetProperty("path").GetString(), version.GetProperty("path").GetString());
        Assert.Equal(published.GetProperty("step").GetInt32(), version.GetProperty("step").GetInt32());
        await Http.UntilOkAsync(version.GetProperty("path").GetString()!);
        var sampled = await (await Http.TellAsync(id, "sample")).JsonAsync();
        Assert.EndsWith($"/{sampled.GetProperty("step").GetInt32()}.png", sampled.GetProperty("picture").GetString(), StringComparison.Ordinal);

        Assert.Equal("paused", (await (await Http.TellAsync(id, "pause")).JsonAsync()).State());
        job = await Http.UntilJobAsync(id, j => !j.IsActive());
        Assert.Equal(job.Step(), job.GetProperty("resumePoint").GetProperty("step").GetInt32());
        foreach (var wrong in new[] { "pause", "checkpoint", "sample" })
            Assert.Equal("/problems/conflicting-state", await (await Http.TellAsync(id, wrong)).ProblemAsync(HttpStatusCode.Conflict));

        Assert.Equal("queued", (await (await Http.TellAsync(id, "resume")).JsonAsync()).State());
        await Http.UntilJobAsync(id, j => j.Step() > job.Step());
        Assert.Equal("cancelled", (await (await Http.TellAsync(id, "cancel")).JsonAsync()).State());
        await Http.UntilJobAsync(id, j => !j.IsActive());
        foreach (var wrong in new[] { "pause", "resume", "cancel", "checkpoint", "sample" })
            Assert.Equal("/problems/conflicting-state", await (await Http.TellAsync(id, wrong)).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("/problems/conflicting-state", await (await Http.CallAsync(HttpMethod.Put, $"{TrainingJobs.Path}/{id}/priority", """{ "priority": 1 }""")).ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Published_Version_IsKnownBeforeAnybodyHearsOfIt()
    {
        // the registry does not look by itself for an hour
        await using var patient = service.WithWebHostBuilder(b => b.UseSetting("Inference:PollInterval", "01:00:00").UseSetting("Training:State", System.IO.Path.Combine(service.DataPath, "..", "patient")));
        using var http = patient.CreateClient();
        var id = await http.SubmitAsync(TrainingJobs.File("at-once", steps: 40, more: "\"every\": { \"publish\": 20 },").Replace("\"every\": { \"log\": 5, \"checkpoint\": 50 },", "", StringComparison.Ordinal));
        var seen = 0;
        for (var job = await http.JobAsync(id); seen < 2; job = await http.JobAsync(id))
        {
            Assert.NotEqual("failed", job.State());
            var versions = job.GetProperty("versions").GetArrayLength();
            for (; seen < versions; seen++) Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/v1/models/at-once/versions/{seen + 1}", headers: [])).StatusCode);
        }
    }

    [Fact]
    public async Task Queue_OfSeveral_IsByPriorityAndListedByState()
    {
        var ids = new List<string> { await Http.SubmitAsync(TrainingJobs.File("order-0")) };
        await Http.UntilJobAsync(ids[0], j => j.Step() > 0);
        ids.Add(await Http.SubmitAsync(TrainingJobs.File("order-1")));
        ids.Add(await Http.SubmitAsync(TrainingJobs.File("order-2"), "?priority=3"));
        var clone = await Http.CallAsync(HttpMethod.Post, $"{TrainingJobs.Path}/{ids[1]}/clone?priority=-2", """{ "batch": 2, "labelDrop": null }""");
        Assert.Equal(HttpStatusCode.Accepted, clone.StatusCode);
        ids.Add(await clone.IdAsync());
        var cloned = await Http.JobAsync(ids[3]);
        Assert.Equal(("order-3", 2, 2), (cloned.GetProperty("name").GetString(), cloned.GetProperty("job").GetProperty("batch").GetInt32(), cloned.GetProperty("ahead").GetInt32()));
        Assert.False(cloned.GetProperty("job").TryGetProperty("labelDrop", out _));
        await Http.CallAsync(HttpMethod.Put, $"{TrainingJobs.Path}/{ids[3]}/priority", """{ "priority": 100 }""");
        var ahead = await Task.WhenAll(ids.Skip(1).Select(async i => (await Http.JobAsync(i)).GetProperty("ahead").GetInt32()));
        Assert.Equal([2, 1, 0], ahead);

        var page = await (await Http.GetAsync($"{TrainingJobs.Path}?state=queued&limit=2", headers: [])).JsonAsync();
        Assert.Equal([ids[3], ids[2]], page.GetProperty("items").EnumerateArray().Select(j => j.GetProperty("id").GetString()));
        page = await (await Http.GetAsync($"{TrainingJobs.Path}?state=queued&limit=2&cursor={page.GetProperty("next").GetString()}", headers: [])).JsonAsync();
        Assert.Equal([ids[1]], page.GetProperty("items").EnumerateArray().Select(j => j.GetProperty("id").GetString()));
        Assert.False(page.TryGetProperty("next", out _));
        foreach (var id in ids) await Http.TellAsync(id, "cancel");
    }

    [Fact]
    public async Task Get_NothingNew_IsNotSentAgain()
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("still"));
        await Http.TellAsync(id, "pause");
        await Http.UntilJobAsync(id, j => !j.IsActive());
        var tag = (await Http.GetAsync($"{TrainingJobs.Path}/{id}", headers: [])).Header("ETag");
        Assert.Equal(HttpStatusCode.NotModified, (await Http.GetAsync($"{TrainingJobs.Path}/{id}", ("If-None-Match", tag))).StatusCode);
        await Http.TellAsync(id, "cancel");
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync($"{TrainingJobs.Path}/{id}", ("If-None-Match", tag))).StatusCode);
    }

    [Fact]
    public async Task Submit_AgainWithItsKey_QueuesNothingTwice()
    {
        var key = ("Idempotency-Key", "train-once");
        var first = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("once"), default, key);
        var again = await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("once"), default, key);
        var id = await first.IdAsync();
        Assert.Equal((HttpStatusCode.Accepted, id, "true"), (again.StatusCode, await again.IdAsync(), again.Header("Idempotency-Replayed")));
        var cloneKey = ("Idempotency-Key", "clone-once");
        var clones = new[] { await Http.CallAsync(HttpMethod.Post, $"{TrainingJobs.Path}/{id}/clone", null, default, cloneKey), await Http.CallAsync(HttpMethod.Post, $"{TrainingJobs.Path}/{id}/clone", null, default, cloneKey) };
        var clone = Assert.Single((await Task.WhenAll(clones.Select(c => c.IdAsync()))).Distinct());
        Assert.Equal(["name"], (await ProblemAnswer.ReadAsync(await Http.CallAsync(HttpMethod.Post, TrainingJobs.Path, TrainingJobs.File("once")))).Errors!.Keys);
        foreach (var job in new[] { id, clone }) await Http.TellAsync(job, "cancel");
    }

    [Theory]
    [InlineData("""{ "priority": 101 }""")]
    [InlineData("""{ "priority": "high" }""")]
    [InlineData("""{ "priority": 1, "colour": 2 }""")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task Prioritize_WhatIsNoPriority_IsRefused(string body)
    {
        var id = await Http.SubmitAsync(TrainingJobs.File("rank-" + Math.Abs(body.GetHashCode(StringComparison.Ordinal))));
        var answer = await Http.CallAsync(HttpMethod.Put, $"{TrainingJobs.Path}/{id}/priority", body.Length == 0 ? null : body);
        await Http.TellAsync(id, "cancel");
        Assert.Equal("/problems/validation", await answer.ProblemAsync(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("POST", "/cancel")]
    [InlineData("POST", "/pause")]
    [InlineData("POST", "/resume")]
    [InlineData("POST", "/checkpoint")]
    [InlineData("POST", "/sample")]
    [InlineData("POST", "/clone")]
    [InlineData("PUT", "/priority")]
    public async Task Ask_UnknownJob_IsNotFound(string method, string path)
    {
        var answer = await Http.CallAsync(new HttpMethod(method), $"{TrainingJobs.Path}/999999{path}");

        Assert.Equal("/problems/unknown-training-job", await answer.ProblemAsync(HttpStatusCode.NotFound));
    }
}
