using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Api.Tests.Streams;
using Diffusion.Training.Tests.Imports;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class DatasetUploadTests(Service service)
{
    private const string Sets = "/v1/datasets", Uploads = "/v1/datasets/uploads";

    private static readonly byte[] Zip = ZipFiles.Halves(20);

    private HttpClient Http => service.Http;

    [Fact]
    public async Task Upload_InParts_BecomesASet()
    {
        var created = await CreateAsync("parts", Zip.Length, $"\"sha256\": \"{Convert.ToHexString(SHA256.HashData(Zip))}\", \"testShare\": 0.3");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(("0", "?0", Zip.Length.ToString()), (created.Header("Upload-Offset"), created.Header("Upload-Complete"), created.Header("Upload-Length")));
        var path = created.Header("Location");
        Assert.Equal("receiving", (await created.JsonAsync()).GetProperty("state").GetString());

        Assert.Equal("1000", (await AppendAsync(path, 0, 1000)).Header("Upload-Offset"));
        var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
        Assert.Equal((HttpStatusCode.NoContent, "1000", "?0"), (head.StatusCode, head.Header("Upload-Offset"), head.Header("Upload-Complete")));
        var last = await AppendAsync(path, 1000, Zip.Length, ("Upload-Complete", "?1"));
        Assert.Equal((HttpStatusCode.OK, "?1", Zip.Length.ToString()), (last.StatusCode, last.Header("Upload-Complete"), last.Header("Upload-Offset")));
        var done = await (await Http.GetAsync(path, ("Prefer", "wait=60"))).JsonAsync();
        Assert.Equal(("succeeded", Sets + "/parts"), (done.GetProperty("state").GetString(), done.GetProperty("links").GetProperty("dataset").GetString()));
        Assert.Equal((20, 20, 0), (Number(done, "done"), Number(done, "total"), Number(done, "refused")));
        var set = await (await Http.GetAsync(Sets + "/parts", headers: [])).JsonAsync();
        Assert.Equal((20, 8, 1, "upload of parts"), (set.GetProperty("images").GetInt32(), set.GetProperty("width").GetInt32(), set.GetProperty("channels").GetInt32(), set.GetProperty("source").GetString()));
        Assert.True(set.GetProperty("splits").TryGetProperty("test", out _));
        Assert.Contains(path, (await (await Http.GetAsync(Uploads, headers: [])).JsonAsync()).GetProperty("items").EnumerateArray().Select(i => i.GetProperty("links").GetProperty("self").GetString()));

        // the set outlives the record of its upload
        Assert.Equal("/problems/conflicting-state", await (await AppendAsync(path, Zip.Length, Zip.Length)).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync(path)).StatusCode);
        Assert.Equal("/problems/unknown-upload", await (await Http.GetAsync(path, headers: [])).ProblemAsync(HttpStatusCode.NotFound));
        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync(Sets + "/parts")).StatusCode);
    }

    [Fact]
    public async Task Append_ElsewhereOrOtherBytes_IsRefusedAndTheUploadGoesOn()
    {
        var path = (await CreateAsync("checked", Zip.Length)).Header("Location");
        await AppendAsync(path, 0, 500);
        var elsewhere = await AppendAsync(path, 400, 700);
        Assert.Equal(HttpStatusCode.Conflict, elsewhere.StatusCode);
        var problem = await elsewhere.JsonAsync();
        Assert.Equal(("/problems/mismatching-upload-offset", 500, 400), (problem.GetProperty("type").GetString(), problem.GetProperty("expected-offset").GetInt32(), problem.GetProperty("provided-offset").GetInt32()));
        var wrong = $"sha-256=:{Convert.ToBase64String(new byte[32])}:";
        Assert.Equal("/problems/digest-mismatch", await (await AppendAsync(path, 500, 700, ("Content-Digest", wrong))).ProblemAsync(HttpStatusCode.BadRequest));
        var right = $"sha-512=:AAAA:, sha-256=:{Convert.ToBase64String(SHA256.HashData(Zip.AsSpan(500, 200)))}:";
        Assert.Equal("700", (await AppendAsync(path, 500, 700, ("Content-Digest", right))).Header("Upload-Offset"));
        Assert.Equal("/problems/too-large", await (await SendAsync(path, 700, [.. Zip.Skip(700), 1])).ProblemAsync(HttpStatusCode.RequestEntityTooLarge));
        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync(path)).StatusCode);
    }

    [Theory]
    [InlineData("Upload-Offset", "-1")]
    [InlineData("Upload-Offset", "")]
    [InlineData("Upload-Complete", "yes")]
    [InlineData("Upload-Complete", "?1")]
    [InlineData("Content-Digest", "sha-256=:no:")]
    [InlineData("Content-Digest", "md5=:AAAA:")]
    public async Task Append_WithAWrongHeader_NamesIt(string header, string value)
    {
        var path = (await CreateAsync("headers", Zip.Length)).Header("Location");
        var request = Part(0, Zip[..100], header == "Upload-Offset" ? [(header, value)] : [("Upload-Offset", "0"), (header, value)]);
        var problem = await ProblemAnswer.ReadAsync(await Http.PatchAsync(path, request));
        await Http.DeleteAsync(path);
        Assert.Equal(("/problems/validation", header), (problem.Type, Assert.Single(problem.Errors!.Keys)));
    }

    [Fact]
    public async Task Events_OfAnUpload_LeadToItsSet()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var all = await EventReader.OpenAsync(Http, HttpMethod.Get, $"{Uploads}/events", patience.Token);
        var path = (await CreateAsync("watched", Zip.Length)).Header("Location");
        using var one = await EventReader.OpenAsync(Http, HttpMethod.Get, $"{path}/events", patience.Token);
        var events = new List<SentEvent>();
        await foreach (var next in one.ReadAsync(patience.Token))
        {
            // what it tells first is how things stand when it begins, which is after its header
            if (events.Count == 0) await AppendAsync(path, 0, Zip.Length);
            events.Add(next);
        }
        Assert.All(events, e => Assert.Equal((e.Type, path), ("import." + e.Data.GetProperty("type").GetString(), e.Data.GetProperty("upload").GetProperty("links").GetProperty("self").GetString())));
        var states = events.Where(e => e.Type == "import.state").Select(e => e.Data.GetProperty("upload").GetProperty("state").GetString()).ToArray();
        // states that did not last may have been passed over
        Assert.Equal(("receiving", "succeeded"), (states[0], states[^1]));
        Assert.Equal(states.Distinct(), new[] { "receiving", "queued", "importing", "succeeded" }.Intersect(states));
        Assert.Equal((20, Sets + "/watched"), (Number(events[^1].Data.GetProperty("upload"), "done"), events[^1].Data.GetProperty("upload").GetProperty("links").GetProperty("dataset").GetString()));
        // an EventSource that comes back after the end is told that it is one
        Assert.Equal(HttpStatusCode.NoContent, (await Http.GetAsync($"{path}/events", ("Last-Event-ID", events[^1].Id!))).StatusCode);

        await Http.DeleteAsync(path);
        Assert.Equal("/problems/unknown-upload", await (await Http.GetAsync($"{path}/events", headers: [])).ProblemAsync(HttpStatusCode.NotFound));
        await foreach (var happened in all.ReadAsync(patience.Token))
            if (happened.Type == "import.removed" && path.EndsWith(happened.Data.GetProperty("id").GetString()!, StringComparison.Ordinal)) break;
        await Http.DeleteAsync($"{Sets}/watched");
    }

    [Fact]
    public async Task Post_Zip_IsASetAtOnceOrLater()
    {
        var at = await PostAsync("at-once", Zip, ("Prefer", "wait=60"));
        Assert.Equal((HttpStatusCode.Created, Sets + "/at-once"), (at.StatusCode, at.Header("Location")));
        Assert.Equal(20, (await at.JsonAsync()).GetProperty("images").GetInt32());
        var later = await PostAsync("later", Zip);
        Assert.Equal(HttpStatusCode.Accepted, later.StatusCode);
        var done = await (await Http.GetAsync(later.Header("Location"), ("Prefer", "wait=60"))).JsonAsync();
        Assert.Equal("succeeded", done.GetProperty("state").GetString());

        Assert.Equal("/problems/dataset-exists", await (await PostAsync("later", Zip)).ProblemAsync(HttpStatusCode.Conflict));
        foreach (var name in new[] { "at-once", "later" }) await Http.DeleteAsync($"{Sets}/{name}");
    }

    [Fact]
    public async Task Post_WithAnIdempotencyKey_GivesTheSameAnswerAgain()
    {
        var headers = new[] { ("Prefer", "wait=60"), ("Idempotency-Key", "zip-once") };
        var first = await PostAsync("zip-once", Zip, headers);
        var again = await PostAsync("zip-once", Zip, headers);
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created, "true"), (first.StatusCode, again.StatusCode, again.Header("Idempotency-Replayed")));
        await Http.DeleteAsync($"{Sets}/zip-once");
    }

    [Fact]
    public async Task Post_WhatCannotBeImported_LeavesNothing()
    {
        var evil = ZipFiles.Of(("a/1.png", [1]), ("../evil.png", [2]));
        var refused = await ProblemAnswer.ReadAsync(await PostAsync("evil", evil, ("Prefer", "wait=60")));
        Assert.Equal(("/problems/unusable-source", 422), (refused.Type, refused.Status));
        Assert.Equal("evil.zip: entry '../evil.png' leaves its folder; nothing was imported.", refused.Detail);
        Assert.Equal("/problems/digest-mismatch", await (await PostAsync("evil", Zip, ("Content-Digest", $"sha-256=:{Convert.ToBase64String(new byte[32])}:"))).ProblemAsync(HttpStatusCode.BadRequest));
        Assert.Equal("/problems/bad-request", await (await PostAsync("evil", [])).ProblemAsync(HttpStatusCode.BadRequest));
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Zip), "file", "x.zip" } };
        Assert.Equal("/problems/unsupported-media", await (await Http.PostAsync($"{Sets}?name=evil&size=8", form)).ProblemAsync(HttpStatusCode.UnsupportedMediaType));
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync($"{Sets}/evil", headers: [])).StatusCode);
        Assert.DoesNotContain((await (await Http.GetAsync(Uploads, headers: [])).JsonAsync()).GetProperty("items").EnumerateArray(), u => u.GetProperty("state").GetString() == "receiving");
    }

    [Theory]
    [InlineData("?size=8", "name")]
    [InlineData("?name=Cats&size=8", "name")]
    [InlineData("?name=uploads&size=8", "name")]
    [InlineData("?name=x&size=0", "size")]
    [InlineData("?name=x", "size")]
    [InlineData("?name=x&size=8&channels=2", "channels")]
    [InlineData("?name=x&size=8&fit=stretch", "fit")]
    [InlineData("?name=x&size=8&testShare=1", "testShare")]
    [InlineData("?name=x&size=8&testShare=NaN", "testShare")]
    [InlineData("?name=x&size=8&duplicates=some", "duplicates")]
    [InlineData("?name=x&size=8&length=9", "length")]
    public async Task Post_WithAWrongField_NamesIt(string query, string field)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.PostAsync(Sets + query, new ByteArrayContent(Zip)));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!.Keys)));
    }

    [Theory]
    [InlineData("""{ "name": "x", "size": 8 }""", "length")]
    [InlineData("""{ "name": "x", "size": 8, "length": 0 }""", "length")]
    [InlineData("""{ "name": "x", "size": 8, "length": 9, "sha256": "abc" }""", "sha256")]
    [InlineData("""{ "name": "x", "size": 8, "length": 9, "colour": 1 }""", "colour")]
    public async Task Create_WithAWrongField_NamesIt(string body, string field)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.CallAsync(HttpMethod.Post, Uploads, body));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!.Keys)));
    }

    [Fact]
    public async Task Create_LongerThanIsTaken_IsRefused() =>
        Assert.Equal("/problems/too-large", await (await CreateAsync("huge", 1L << 50)).ProblemAsync(HttpStatusCode.RequestEntityTooLarge));

    private Task<HttpResponseMessage> CreateAsync(string name, long length, string more = "\"fit\": \"cover\"") =>
        Http.CallAsync(HttpMethod.Post, Uploads, $$"""{ "name": "{{name}}", "length": {{length}}, "size": 8, "channels": 1, {{more}} }""");

    private Task<HttpResponseMessage> AppendAsync(string path, int from, int to, params (string, string)[] headers) => SendAsync(path, from, Zip[from..to], headers);

    private Task<HttpResponseMessage> SendAsync(string path, long offset, byte[] bytes, params (string, string)[] headers) =>
        Http.PatchAsync(path, Part(offset, bytes, [("Upload-Offset", offset.ToString()), .. headers]));

    private static ByteArrayContent Part(long offset, byte[] bytes, params (string Name, string Value)[] headers)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/partial-upload");
        foreach (var (name, value) in headers) content.Headers.TryAddWithoutValidation(name, value);
        return content;
    }

    private Task<HttpResponseMessage> PostAsync(string name, byte[] zip, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"{Sets}?name={name}&size=8&channels=1") { Content = new ByteArrayContent(zip) };
        foreach (var (header, value) in headers) request.Headers.TryAddWithoutValidation(header, value);
        return Http.SendAsync(request);
    }

    private static int Number(JsonElement upload, string name) => upload.GetProperty("progress").GetProperty(name).GetInt32();
}
