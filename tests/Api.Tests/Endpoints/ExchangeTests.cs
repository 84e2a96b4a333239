using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Checkpoints;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using static Diffusion.Api.Tests.Endpoints.VersionedService;

namespace Diffusion.Api.Tests.Endpoints;

public sealed class ExchangeTests(VersionedService service) : IClassFixture<VersionedService>, IDisposable
{
    // whoever follows redirects reads the whole body before it sends any
    private static readonly WebApplicationFactoryClientOptions Direct = new() { AllowAutoRedirect = false, HandleCookies = false };

    private readonly CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));

    public void Dispose() => patience.Dispose();

    [Theory]
    [InlineData("safetensors", "application/octet-stream")]
    [InlineData("zip", "application/zip")]
    public async Task Export_SaysWhatItIs(string format, string type)
    {
        var answer = await service.Http.GetAsync($"/v1/models/{Ladder}/versions/2/export?format={format}");
        Assert.Equal((HttpStatusCode.OK, type), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Equal($"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:", answer.Header("Content-Digest"));
        Assert.Equal($"ladder-v2.{format}", answer.Content.Headers.ContentDisposition!.FileName!.Trim('"'));
        var again = await service.Http.GetAsync($"/v1/models/{Ladder}/versions/2/export?format={format}", ("If-None-Match", answer.Header("ETag")));
        Assert.Equal((HttpStatusCode.NotModified, 0), (again.StatusCode, (await again.Content.ReadAsByteArrayAsync()).Length));
        var other = await service.Http.GetAsync($"/v1/models/{Ladder}/versions/3/export?format={format}", ("If-None-Match", answer.Header("ETag")));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Theory]
    [InlineData("safetensors")]
    [InlineData("zip")]
    public async Task Export_ThatBrokeOff_GoesOnToTheSameBytes(string format)
    {
        var path = $"/v1/models/{Ladder}/versions/2/export?format={format}";
        var whole = await service.Http.GetAsync(path);
        var (file, tag) = (await whole.Content.ReadAsByteArrayAsync(), whole.Header("ETag"));
        Assert.Equal(("bytes", whole.Header("Content-Digest")), (whole.Header("Accept-Ranges"), whole.Header("Repr-Digest")));
        var cuts = new[] { 0, 1, file.Length / 3, file.Length - 1 };
        foreach (var cut in cuts)
        {
            var rest = await service.Http.GetAsync(path, ("Range", $"bytes={cut}-"), ("If-Range", tag));
            Assert.Equal((HttpStatusCode.PartialContent, $"bytes {cut}-{file.Length - 1}/{file.Length}", (long?)file.Length - cut),
                (rest.StatusCode, rest.Header("Content-Range"), rest.Content.Headers.ContentLength));
            Assert.Equal((whole.Header("Repr-Digest"), tag), (rest.Header("Repr-Digest"), rest.Header("ETag")));
            Assert.Equal(file[cut..], await rest.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("bytes=100-199", 100, 100)]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=-7", -7, 7)]
    [InlineData("bytes=50-9999999", 50, int.MaxValue)]
    [InlineData("bytes=-9999999", 0, int.MaxValue)]
    public async Task Export_OfARange_IsThatStretch(string range, int from, int count)
    {
        var path = $"/v1/models/{Ladder}/versions/2/export?format=zip";
        var file = await service.Http.GetByteArrayAsync(path);
        if (from < 0) from += file.Length;
        var part = await service.Http.GetAsync(path, ("Range", range));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal(file.Skip(from).Take(count), await part.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=5-", "\"another\"")]
    [InlineData("bytes=5-", "W/{tag}")]
    [InlineData("bytes=5-", "Sat, 28 Nov 2026 10:00:00 GMT")]
    [InlineData("bytes=0-1,5-6", "{tag}")]
    [InlineData("lines=1-2", "{tag}")]
    [InlineData("bytes=6-5", "{tag}")]
    public async Task Export_OfARangeThatDoesNotHold_IsTheWholeFile(string range, string condition)
    {
        var path = $"/v1/models/{Ladder}/versions/2/export";
        var whole = await service.Http.GetAsync(path);
        var answer = await service.Http.GetAsync(path, ("Range", range), ("If-Range", condition.Replace("{tag}", whole.Header("ETag"), StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(await whole.Content.ReadAsByteArrayAsync(), await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Export_OfARangeBeyondItsEnd_SaysWhereThatIs()
    {
        var path = $"/v1/models/{Ladder}/versions/2/export";
        var length = (await service.Http.GetByteArrayAsync(path)).Length;
        foreach (var range in new[] { $"bytes={length}-", "bytes=-0" })
        {
            var answer = await service.Http.GetAsync(path, ("Range", range));
            Assert.Equal(($"bytes */{length}", "/problems/range-not-satisfiable"), (answer.Header("Content-Range"), await answer.ProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable)));
        }
    }

    [Theory]
    [InlineData("ladder/versions/2/export?format=tar", "/problems/validation")]
    [InlineData("ladder/versions/9/export", "/problems/unknown-model")]
    [InlineData("nobody/versions/1/export", "/problems/unknown-model")]
    [InlineData("damaged/versions/2/export", "/problems/model-unavailable")]
    [InlineData("damaged/versions/2/export?format=zip", "/problems/model-unavailable")]
    public async Task Export_OfWhatCannotBe_SaysWhy(string path, string type) =>
        Assert.Equal(type, (await ProblemAnswer.ReadAsync(await service.Http.GetAsync($"/v1/models/{path}"))).Type);

    [Theory]
    [InlineData("safetensors", false)]
    [InlineData("zip", true)]
    public async Task Version_OutAndIn_GivesTheSamePictures(string format, bool asForm)
    {
        var model = $"newcomer-{format}";
        var file = await service.Http.GetByteArrayAsync($"/v1/models/{Ladder}/versions/2/export?format={format}");
        var answer = await ImportAsync(model, asForm ? Form(file, "from elsewhere.zip") : Bytes(file));
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        Assert.Equal($"/v1/models/{model}/versions/1", answer.Headers.Location!.ToString());
        var version = await answer.JsonAsync();
        var origin = version.GetProperty("origin");
        Assert.Equal((Convert.ToHexStringLower(SHA256.HashData(file)), Ladder, 2), (origin.GetProperty("sha256").GetString(), origin.GetProperty("model").GetString(), origin.GetProperty("version").GetInt32()));
        Assert.Equal(asForm ? "from elsewhere.zip" : null, origin.TryGetProperty("name", out var name) ? name.GetString() : null);
        Assert.Equal("imported", version.GetProperty("parents")[0].GetProperty("role").GetString());
        // it is served at once
        Assert.Equal(await PictureAsync($"{Ladder}@2"), await PictureAsync(model));
        Assert.NotEqual(await PictureAsync($"{Ladder}@3"), await PictureAsync(model));
    }

    [Fact]
    public async Task Import_WithAnIdempotencyKey_IsDoneOnce()
    {
        var file = await service.Http.GetByteArrayAsync($"/v1/models/{Ladder}/versions/1/export");
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.Created, (await ImportAsync("once", Bytes(file), ("Idempotency-Key", "import-1"))).StatusCode);
        Assert.Equal(1, (await (await service.Http.GetAsync("/v1/models/once/versions")).JsonAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Import_OfDamage_NamesTheEntryAndLeavesNothing()
    {
        var file = await service.Http.GetByteArrayAsync($"/v1/models/{Ladder}/versions/2/export?format=zip");
        file[file.AsSpan().IndexOf("data_offsets"u8) + 40] ^= 1;
        foreach (var content in new HttpContent[] { Bytes(file), Form(file, "x.zip") })
        {
            var problem = await ProblemAnswer.ReadAsync(await ImportAsync("spoilt", content));
            Assert.Equal(("/problems/corrupt-upload", 422), (problem.Type, problem.Status));
            Assert.Equal("model.safetensors", Assert.Single(problem.Errors!).Key);
        }
        AssertNothingOf("spoilt");
    }

    [Theory]
    [InlineData("text/plain", "/problems/unsupported-media")]
    [InlineData("application/zip", "/problems/unsupported-media")]
    [InlineData("application/octet-stream", "/problems/unsupported-media")]
    [InlineData("multipart/form-data; boundary=x", "/problems/bad-request")]
    public async Task Import_OfAnotherKind_SaysWhatIsTaken(string type, string problem)
    {
        var content = new ByteArrayContent("GIF89a and so on"u8.ToArray());
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        Assert.Equal(problem, (await ProblemAnswer.ReadAsync(await ImportAsync("spoilt", content))).Type);
        AssertNothingOf("spoilt");
    }

    [Fact]
    public async Task Import_ToWhatIsNoName_SaysSo() =>
        Assert.Equal(["name"], (await ProblemAnswer.ReadAsync(await ImportAsync("No%20Name", Bytes([1])))).Errors!.Keys);

    [Fact]
    public async Task Import_LargerThanTheLimit_Is413()
    {
        await using var small = service.WithWebHostBuilder(b => b.UseSetting("Api:MaxImportBytes", "2000"));
        using var http = small.CreateClient(Direct);
        foreach (var content in new HttpContent[] { Bytes(new byte[3000]), Form(new byte[3000], "x"), new Unfinished(new byte[3000], Task.CompletedTask) })
        {
            var problem = await ProblemAnswer.ReadAsync(await http.PostAsync("/v1/models/spoilt/versions", content));
            Assert.Equal(("/problems/too-large", 413), (problem.Type, problem.Status));
        }
        AssertNothingOf("spoilt");
    }

    [Fact]
    public async Task Import_WhoseClientLeaves_LeavesNothing_AndIsOneOfAFew()
    {
        await using var narrow = service.WithWebHostBuilder(b => b.UseSetting("Api:MaxImports", "1"));
        using var http = narrow.CreateClient(Direct);
        var file = await http.GetByteArrayAsync($"/v1/models/{Ladder}/versions/2/export");
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(patience.Token);
        var never = new TaskCompletionSource();
        var half = http.PostAsync("/v1/models/spoilt/versions", new Unfinished(file[..(file.Length / 2)], never.Task), leaving.Token);
        // it is on the disk as far as it has come
        await UntilAsync(() => Incoming().Any(f => f.EndsWith("upload", StringComparison.Ordinal)));
        var second = await http.PostAsync("/v1/models/spoilt/versions", Bytes(file), patience.Token);
        Assert.Equal("/problems/overloaded", (await ProblemAnswer.ReadAsync(second)).Type);
        Assert.NotNull(second.Headers.RetryAfter);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => half);
        await UntilAsync(() => Incoming().All(f => f.EndsWith(".lock", StringComparison.Ordinal)));
        AssertNothingOf("spoilt");
        Assert.Equal(HttpStatusCode.Created, (await http.PostAsync("/v1/models/after/versions", Bytes(file), patience.Token)).StatusCode);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private string[] Incoming() => Directory.Exists(Path.Combine(service.ModelsPath, ".incoming"))
        ? Directory.GetFileSystemEntries(Path.Combine(service.ModelsPath, ".incoming"), "*", SearchOption.AllDirectories) : [];

    private void AssertNothingOf(string model)
    {
        Assert.Empty(new CheckpointStore(service.ModelsPath, TimeProvider.System).Versions(model));
        Assert.False(Directory.Exists(Path.Combine(service.ModelsPath, model)));
    }

    private async Task<byte[]> PictureAsync(string model)
    {
        var answer = await service.Http.PostAsync($"/generate?model={model}&sampler=ddim&steps=3&n=2&seed=7&label=3&format=f32", null);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private async Task<HttpResponseMessage> ImportAsync(string model, HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/models/{model}/versions") { Content = content };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        return await service.Http.SendAsync(request, patience.Token);
    }

    private static ByteArrayContent Bytes(byte[] file) => new(file) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };

    private static MultipartFormDataContent Form(byte[] file, string name) => new() { { new ByteArrayContent(file), "file", name } };

    /// <summary>A body of unknown length that stops, and goes on when it is told to.</summary>
    private sealed class Unfinished : HttpContent
    {
        private readonly byte[] start;
        private readonly Task rest;

        public Unfinished(byte[] start, Task rest)
        {
            (this.start, this.rest) = (start, rest);
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(start);
            await stream.FlushAsync();
            await rest;
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(start, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await rest.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
