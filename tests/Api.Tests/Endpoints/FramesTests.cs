using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Diffusion.Inference.Jobs;
using Microsoft.Extensions.DependencyInjection;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class FramesTests(Service service)
{
    private HttpClient Http => service.Http;

    private async Task<string> CreateAsync(string query)
    {
        var answer = await Http.PostAsync("/v1/generations" + query, ("Prefer", "wait=60"));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return await answer.IdAsync();
    }

    private async Task<HttpResponseMessage> FramesAsync(string id, string query)
    {
        var answer = await Http.GetAsync($"/v1/generations/{id}/frames{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer;
    }

    private static async Task<L8[][]> FilmAsync(HttpResponseMessage answer)
    {
        using var film = Image.Load<L8>(await answer.Content.ReadAsByteArrayAsync());
        return [.. film.Frames.Select(f =>
        {
            var pixels = new L8[film.Width * film.Height];
            f.CopyPixelDataTo(pixels);
            return pixels;
        })];
    }

    /// <summary>The arrays of an npz by name: their header, and their bytes.</summary>
    private static async Task<Dictionary<string, (string Header, byte[] Bytes)>> ArraysAsync(HttpResponseMessage answer)
    {
        using var archive = new ZipArchive(await answer.Content.ReadAsStreamAsync());
        var arrays = new Dictionary<string, (string, byte[])>();
        foreach (var entry in archive.Entries)
        {
            using var bytes = new MemoryStream();
            await using (var stream = await entry.OpenAsync()) await stream.CopyToAsync(bytes);
            var file = bytes.ToArray();
            var header = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
            arrays[entry.Name[..^".npy".Length]] = (Encoding.ASCII.GetString(file, 10, header).TrimEnd(), file[(10 + header)..]);
        }
        return arrays;
    }

    [Theory]
    [InlineData("image/gif")]
    [InlineData("image/apng")]
    [InlineData("application/zip")]
    [InlineData("application/x-npz")]
    [InlineData("application/octet-stream; dtype=float32")]
    [InlineData("application/octet-stream; dtype=uint8")]
    public async Task Result_ByAccept_IsOfThatFormat(string mediaType)
    {
        var id = await CreateAsync("?steps=2&seed=1&frames=all");
        foreach (var part in (string[])["result", "frames"])
        {
            var answer = await Http.GetAsync($"/v1/generations/{id}/{part}", ("Accept", mediaType));
            Assert.Equal((HttpStatusCode.OK, mediaType), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        }
    }

    [Fact]
    public async Task Film_HasAFrameOfEveryStep_AndEndsInThePicture()
    {
        var id = await CreateAsync($"?model={Service.Unlabelled}&steps=5&n=2&seed=3&format=gif&kinds=x_t");
        var film = await FilmAsync(await Http.GetAsync($"/v1/generations/{id}/result"));
        Assert.Equal(5, film.Length);
        using var sheet = Image.Load<L8>(await (await Http.GetAsync($"/v1/generations/{id}/result?format=png")).Content.ReadAsByteArrayAsync());
        var pixels = new L8[sheet.Width * sheet.Height];
        sheet.CopyPixelDataTo(pixels);
        Assert.Equal(pixels, film[^1]);
        Assert.NotEqual(film[0], film[^1]);
        L8[][] second = [film[1], film[3], film[4]];
        Assert.Equal(second, await FilmAsync(await FramesAsync(id, "?format=gif&frames=steps:2,4,5")));
        Assert.Equal(second, await FilmAsync(await FramesAsync(id, "?format=gif&frames=every:2")));
    }

    [Fact]
    public async Task Npz_HasThePicturesAndTheFrames_AsTheNetworkGaveThem()
    {
        var id = await CreateAsync("?steps=4&n=3&seed=9&label=1,2&frames=steps:2,4");
        var arrays = await ArraysAsync(await Http.GetAsync($"/v1/generations/{id}/result?format=npz"));
        Assert.Equal(["images", "labels", "seed", "steps", "times", "values", "x0", "x_t"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 8, 8, 1)", arrays["x_t"].Header, StringComparison.Ordinal);
        Assert.Contains("'|u1', 'fortran_order': False, 'shape': (3, 8, 8, 1)", arrays["images"].Header, StringComparison.Ordinal);
        Assert.Equal([1, 2, 1], MemoryMarshal.Cast<byte, int>(arrays["labels"].Bytes).ToArray());
        Assert.Equal([2, 4], MemoryMarshal.Cast<byte, int>(arrays["steps"].Bytes).ToArray());
        Assert.Equal(9ul, MemoryMarshal.Read<ulong>(arrays["seed"].Bytes));
        var floats = await (await Http.GetAsync($"/v1/generations/{id}/result?format=f32")).Content.ReadAsByteArrayAsync();
        Assert.Equal(floats, arrays["values"].Bytes);
        // the last x_t is the picture
        Assert.Equal(floats, arrays["x_t"].Bytes[^floats.Length..]);
        Assert.Equal(arrays["x0"].Bytes, (await ArraysAsync(await FramesAsync(id, "?format=npz&kinds=x0")))["x0"].Bytes);
        Assert.DoesNotContain("x_t", (await ArraysAsync(await FramesAsync(id, "?format=npz&kinds=x0"))).Keys);
    }

    [Fact]
    public async Task Raw_SaysItsShape()
    {
        var id = await CreateAsync("?steps=3&n=2&seed=9&sampler=dddm&frames=all&kinds=x_t,x0,memory");
        var picture = await Http.GetAsync($"/v1/generations/{id}/result?format=u8");
        Assert.Equal(("2, 8, 8, 1", "uint8", 128), (picture.Header("X-Shape"), picture.Header("X-Dtype"), (await picture.Content.ReadAsByteArrayAsync()).Length));
        var frames = await FramesAsync(id, "?format=f32&frames=all&kinds=memory,x0");
        Assert.Equal(("2, 3, 2, 8, 8, 1", "float32", "x0, memory"), (frames.Header("X-Shape"), frames.Header("X-Dtype"), frames.Header("X-Kinds")));
        var all = await ArraysAsync(await FramesAsync(id, "?format=npz&frames=all"));
        byte[] expected = [.. all["x0"].Bytes, .. all["memory"].Bytes];
        Assert.Equal(expected, await frames.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Zip_HasEveryFrameAsAPng()
    {
        var id = await CreateAsync("?steps=2&n=2&seed=9&frames=all&kinds=x0");
        using var archive = new ZipArchive(await (await FramesAsync(id, "?format=zip")).Content.ReadAsStreamAsync());
        Assert.Equal(
            ["0000.png", "0001.png", "frames/x0/0000-step-0001.png", "frames/x0/0000-step-0002.png", "frames/x0/0001-step-0001.png", "frames/x0/0001-step-0002.png", "metadata.json"],
            archive.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Generate_Gif_KeepsTheFramesItNeeds()
    {
        var answer = await service.GenerateAsync("steps=3&format=gif&scale=2");
        Assert.Equal((HttpStatusCode.OK, "image/gif"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(3, (await FilmAsync(answer)).Length);
    }

    [Fact]
    public async Task Frames_OfAGenerationThatKeptNone_SaysHowToKeepThem()
    {
        var id = await CreateAsync("?steps=1");
        Assert.Equal("/problems/frames-not-kept", await (await Http.GetAsync($"/v1/generations/{id}/frames")).ProblemAsync(HttpStatusCode.Conflict));
        Assert.Equal("/problems/frames-not-kept", await (await Http.GetAsync($"/v1/generations/{id}/result?format=apng")).ProblemAsync(HttpStatusCode.Conflict));
        var links = (await (await Http.GetAsync("/v1/generations/" + id)).JsonAsync()).GetProperty("links");
        Assert.False(links.TryGetProperty("frames", out _));
        Assert.Equal($"/v1/generations/{id}/events", links.GetProperty("events").GetString());
    }

    [Theory]
    [InlineData("?frames=steps:3", "frames")]
    [InlineData("?frames=steps:2,9", "frames")]
    [InlineData("?frames=sometimes", "frames")]
    [InlineData("?frames=every:0", "frames")]
    [InlineData("?frames=none", "frames")]
    [InlineData("?kinds=x0", "kinds")]
    [InlineData("?kinds=x1", "kinds")]
    [InlineData("?format=png", "format")]
    [InlineData("?scale=0", "scale")]
    [InlineData("?often=1", "often")]
    public async Task Frames_ThatAreNotThere_NamesTheField(string query, string field)
    {
        var id = await CreateAsync("?steps=4&frames=every:2&kinds=x_t");
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync($"/v1/generations/{id}/frames{query}"));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!).Key));
    }

    [Theory]
    [InlineData("frames=all&kinds=memory", "kinds")]
    [InlineData("frames=steps:5", "frames")]
    [InlineData("frames=none&format=gif", "frames")]
    public async Task Generate_FramesThatCannotBeKept_NamesTheField(string query, string field)
    {
        var problem = await ProblemAnswer.ReadAsync(await service.GenerateAsync("steps=4&" + query));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!).Key));
    }

    [Fact]
    public async Task Frames_OfARunningOne_ComeLater()
    {
        var id = await (await Http.PostAsync($"/v1/generations?model={Service.Long}&sampler=ddpm&steps=1000&frames=every:500", ("Prefer", "respond-async"))).IdAsync();
        Assert.Equal(HttpStatusCode.Accepted, (await Http.GetAsync($"/v1/generations/{id}/frames")).StatusCode);
        service.Services.GetRequiredService<GenerationService>().Find(id)!.Cancel();
    }

    [Fact]
    public async Task Result_FramesOfTooManyPixels_NamesTheScale()
    {
        // 16 * (1 + 300) pictures of 128 x 128 pixels
        var id = await CreateAsync($"?model={Service.Long}&sampler=ddpm&steps=300&n=16&frames=all&kinds=x0");
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync($"/v1/generations/{id}/result?format=zip&scale=16"));
        Assert.Equal(["scale"], problem.Errors!.Keys);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync($"/v1/generations/{id}/result?format=png&scale=16")).StatusCode);
    }

    [Fact]
    public async Task Film_OfTooManyPixels_IsRefusedBeforeItRuns()
    {
        var problem = await ProblemAnswer.ReadAsync(await service.GenerateAsync($"model={Service.Long}&sampler=ddpm&steps=1000&n=16&scale=16&format=gif"));
        Assert.Equal(["scale"], problem.Errors!.Keys);
    }
}
