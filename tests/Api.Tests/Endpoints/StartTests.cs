using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Inference.Jobs;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class StartTests(Service service)
{
    private const string Labelled = "digits-ddpm";

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));

    private Task<HttpResponseMessage> PostAsync(string path, object body) => service.Http.PostAsJsonAsync($"/v1/{path}", body);

    private async Task<GenerateResponse> ReadAsync(string path, object body)
    {
        var response = await PostAsync(path + "?format=json", body);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        return (await response.Content.ReadFromJsonAsync<GenerateResponse>(JsonSerializerOptions.Web))!;
    }

    private static Image<Rgb24> Paint(int width, int height, byte seed = 0)
    {
        var image = new Image<Rgb24>(width, height);
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                image[x, y] = new Rgb24((byte)(x * 255 / width), (byte)(y * 255 / height), seed);
        return image;
    }

    private static byte[] File(int width = 8, int height = 8, byte seed = 0)
    {
        using var image = Paint(width, height, seed);
        using var file = new MemoryStream();
        image.Save(file, new PngEncoder());
        return file.ToArray();
    }

    private static byte[] Pixels(byte[] png)
    {
        using var image = Image.Load<L8>(png);
        var pixels = new byte[image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return pixels;
    }

    private static void AssertNear(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) Assert.InRange(Math.Abs(expected[i] - actual[i]), 0, 1);
    }

    [Fact]
    public async Task Interpolate_Seeds_IsAStripWhoseEndsAreThePlainPictures()
    {
        var response = await PostAsync("interpolations", new { from = new { seed = 5 }, to = new { seed = "9" }, n = 4, steps = 3, label = 3, model = Labelled });
        Assert.Equal((HttpStatusCode.OK, "image/png"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.False(response.Headers.Contains("X-Seed"));
        var strip = await response.Content.ReadAsByteArrayAsync();
        var info = Image.Identify(strip);
        Assert.Equal((4 * 10 - 2, 8), (info.Width, info.Height));
        var frames = await ReadAsync("interpolations", new { from = new { seed = 5 }, to = new { seed = 9 }, n = 4, steps = 3, label = 3, model = Labelled });
        Assert.Equal((GenerationKind.Interpolation, 4), (frames.Kind, frames.Images.Count));
        foreach (var (seed, frame) in new[] { (5, 0), (9, 3) })
        {
            var plain = await service.GenerateAsync($"seed={seed}&steps=3&label=3&model={Labelled}&sampler=ddim");
            AssertNear(Pixels(await plain.Content.ReadAsByteArrayAsync()), Pixels(frames.Images[frame].Png!));
        }
    }

    [Fact]
    public async Task Reconstruct_Upload_SaysItsError()
    {
        var answer = await ReadAsync("reconstructions", new { images = new[] { File(seed: 1), File(20, 12) }, steps = 50, label = 3 });
        Assert.Equal((GenerationKind.Reconstruction, 2, 50), (answer.Kind, answer.Images.Count, answer.Steps));
        foreach (var image in answer.Images)
        {
            var (original, made) = (Pixels(image.Original!), Pixels(image.Png!));
            var rmse = Math.Sqrt(original.Zip(made, (a, b) => Math.Pow((a - b) / 255.0, 2)).Average());
            // the pictures are rounded to bytes, the error is of the values before
            Assert.InRange(image.Error!.Rmse, rmse - 0.003, rmse + 0.003);
            Assert.Equal(-20 * Math.Log10(image.Error.Rmse), image.Error.Psnr!.Value, 6);
        }
    }

    [Fact]
    public async Task Reconstruct_AsAPicture_SaysTheErrorsInHeaders()
    {
        var response = await PostAsync("reconstructions", new { image = File(), steps = 5 });
        Assert.Equal("image/png", response.Content.Headers.ContentType?.MediaType);
        var (rmse, psnr) = (double.Parse(Header(response, "X-Rmse"), CultureInfo.InvariantCulture), double.Parse(Header(response, "X-Psnr"), CultureInfo.InvariantCulture));
        Assert.InRange(psnr, -20 * Math.Log10(rmse) - 0.1, -20 * Math.Log10(rmse) + 0.1);
    }

    [Fact]
    public async Task Reconstruct_OtherShapes_AreCoveredAndCutToTheModels()
    {
        var answer = await ReadAsync("reconstructions", new { image = File(32, 16), steps = 2 });
        using var expected = Paint(32, 16);
        var seen = Pixels(answer.Images[0].Original!);
        Assert.Equal(64, seen.Length);
        // the middle 16 x 16 of it, so the left edge has the colour of a quarter of the way
        var corner = Pixels(File(32, 16))[0 * 32 + 8];
        Assert.InRange(Math.Abs(seen[0] - corner), 0, 12);
    }

    [Fact]
    public async Task Invert_Upload_GivesStatisticsAndAStartForLater()
    {
        var inversion = await ReadAsync("inversions", new { images = new[] { File(), File(seed: 200) }, steps = 10, label = 3 });
        Assert.Equal((GenerationKind.Inversion, 2), (inversion.Kind, inversion.Images.Count));
        Assert.All(inversion.Images, i => Assert.InRange(i.Noise!.Deviation, 0.1, 10));
        var direct = await ReadAsync("interpolations", new { from = new { image = File() }, to = new { image = File(seed: 200) }, n = 3, steps = 10, label = 3 });
        var later = await ReadAsync("interpolations", new { from = new { generation = inversion.Id }, to = new { generation = inversion.Id, index = 1 }, n = 3, steps = 10, label = 3 });
        for (var i = 0; i < 3; i++) AssertNear(Pixels(direct.Images[i].Png!), Pixels(later.Images[i].Png!));
        Assert.Equal(inversion.Model, later.Model);
    }

    [Fact]
    public async Task Invert_RespondAsync_IsADurableGenerationThatLaterOnesStartFrom()
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/inversions") { Content = JsonContent.Create(new { image = File(seed: 9), steps = 10, label = 3 }) };
        request.Headers.Add("Prefer", "respond-async");
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        var accepted = await service.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonElement record;
        do record = await service.Http.GetFromJsonAsync<JsonElement>(accepted.Headers.Location, patience.Token);
        while (record.GetProperty("state").GetString() is "queued" or "running");
        Assert.Equal(("succeeded", "inversion", true), (record.GetProperty("state").GetString(), record.GetProperty("kind").GetString(), record.GetProperty("durable").GetBoolean()));
        var result = (await service.Http.GetFromJsonAsync<GenerateResponse>($"{accepted.Headers.Location}/result?format=json", JsonSerializerOptions.Web))!;
        Assert.NotNull(Assert.Single(result.Images).Noise);
        var frames = await ReadAsync("interpolations", new { from = new { generation = result.Id }, to = new { seed = 1 }, n = 2, steps = 10, label = 3 });
        var direct = await ReadAsync("interpolations", new { from = new { image = File(seed: 9) }, to = new { seed = 1 }, n = 2, steps = 10, label = 3 });
        AssertNear(Pixels(direct.Images[0].Png!), Pixels(frames.Images[0].Png!));
    }

    [Theory]
    [InlineData("interpolations", """{ "from": { "seed": 1 }, "to": { "seed": 2 }, "steps": 2, "n": 2 }""", "interpolation")]
    [InlineData("inversions", """{ "image": "IMAGE", "steps": 2 }""", "inversion")]
    [InlineData("reconstructions", """{ "image": "IMAGE", "steps": 2 }""", "reconstruction")]
    public async Task Post_PreferAndKey_AreAsForGenerations(string path, string json, string kind)
    {
        var (body, key) = (json.Replace("IMAGE", Convert.ToBase64String(File()), StringComparison.Ordinal), Guid.NewGuid().ToString());
        async Task<HttpResponseMessage> SendAsync(string prefer) =>
            await service.Http.CallAsync(HttpMethod.Post, $"/v1/{path}", body, headers: [("Idempotency-Key", key), ("Prefer", prefer)]);
        var accepted = await SendAsync("respond-async");
        Assert.Equal((HttpStatusCode.Accepted, "respond-async"), (accepted.StatusCode, Header(accepted, "Preference-Applied")));
        Assert.NotNull(accepted.Headers.RetryAfter);
        var id = await accepted.IdAsync();
        var record = await service.Http.UntilAsync(id, "succeeded");
        Assert.Equal((kind, true), (record.GetProperty("kind").GetString(), record.GetProperty("durable").GetBoolean()));
        var repeated = await SendAsync("respond-async");
        Assert.Equal((id, "true"), (await repeated.IdAsync(), Header(repeated, "Idempotency-Replayed")));
        key = Guid.NewGuid().ToString();
        var waited = await SendAsync("wait=60");
        Assert.Equal((HttpStatusCode.OK, "wait=60", "image/png"), (waited.StatusCode, Header(waited, "Preference-Applied"), waited.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Invert_SameFormWithAnotherBoundary_IsTheSameRequest()
    {
        var key = Guid.NewGuid().ToString();
        async Task<HttpResponseMessage> SendAsync(byte seed)
        {
            using var form = new MultipartFormDataContent(Guid.NewGuid().ToString()) { { new ByteArrayContent(File(seed: seed)), "image", "a.png" }, { new StringContent("2"), "steps" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/inversions") { Content = form };
            request.Headers.Add("Idempotency-Key", key);
            return await service.Http.SendAsync(request);
        }
        var (first, second) = (await SendAsync(1), await SendAsync(1));
        Assert.Equal((HttpStatusCode.OK, Header(first, "X-Generation-Id")), (second.StatusCode, Header(second, "X-Generation-Id")));
        Assert.Equal("/problems/idempotency-key-reused", await (await SendAsync(2)).ProblemAsync(HttpStatusCode.UnprocessableEntity));
    }

    [Fact]
    public async Task Interpolate_FromAGeneration_BeginsAtItsPicture()
    {
        var earlier = await ReadAsync("../generate", new { seed = 77, n = 3, steps = 3, sampler = "ddim", label = 3, model = Labelled });
        var frames = await ReadAsync("interpolations", new { from = new { generation = earlier.Id, index = 2 }, to = new { seed = 1 }, n = 2, steps = 3, label = 3 });
        AssertNear(Pixels(earlier.Images[2].Png!), Pixels(frames.Images[0].Png!));
    }

    [Fact]
    public async Task Interpolate_AsAForm_TakesFilesAndFields()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(File()), "from.image", "a.png" },
            { new StringContent("4"), "to.seed" },
            { new StringContent("3"), "n" },
            { new StringContent("4"), "steps" },
            { new StringContent("zip"), "format" },
        };
        var response = await service.Http.PostAsync("/v1/interpolations?label=3", form);
        Assert.True(response.StatusCode == HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
        using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync());
        Assert.Equal(["0000.png", "0001.png", "0002.png", "metadata.json"], zip.Entries.Select(e => e.FullName));
        using var picture = zip.Entries[0].Open();
        using var file = new MemoryStream();
        await picture.CopyToAsync(file);
        var same = await ReadAsync("interpolations", new { from = new { image = File() }, to = new { seed = 4 }, n = 3, steps = 4, label = 3 });
        AssertNear(Pixels(same.Images[0].Png!), Pixels(file.ToArray()));
    }

    [Fact]
    public async Task Interpolate_Dddm_BetweenSeeds() =>
        Assert.Equal(8, (await ReadAsync("interpolations", new { from = new { seed = 1 }, to = new { seed = 2 }, sampler = "dddm" })).Images.Count);

    [Fact]
    public async Task Invert_MemoryModel_IsExplained()
    {
        var response = await PostAsync("inversions", new { image = File(), model = Service.Memory });
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "/problems/sampler-not-supported-by-model"), (response.StatusCode, problem.Type));
        Assert.Contains("its own last estimate", problem.Errors!["model"][0], StringComparison.Ordinal);
    }

    public static TheoryData<string, string, HttpStatusCode, string> Wrong => new()
    {
        { "text", "images[0]", HttpStatusCode.UnsupportedMediaType, "/problems/unsupported-media" },
        { "gif", "images[0]", HttpStatusCode.UnsupportedMediaType, "/problems/unsupported-media" },
        { "cut", "images[0]", HttpStatusCode.UnprocessableEntity, "/problems/corrupt-upload" },
        { "animation", "images[0]", HttpStatusCode.UnprocessableEntity, "/problems/corrupt-upload" },
        { "huge", "images[0]", HttpStatusCode.RequestEntityTooLarge, "/problems/too-large" },
        { "many-pixels", "images[1]", HttpStatusCode.RequestEntityTooLarge, "/problems/too-large" },
        { "many", "images", HttpStatusCode.BadRequest, "/problems/validation" },
        { "not-base64", "images[0]", HttpStatusCode.BadRequest, "/problems/validation" },
        { "none", "images", HttpStatusCode.BadRequest, "/problems/validation" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public async Task Invert_UploadThatCannotBeUsed_NamesTheField(string what, string field, HttpStatusCode status, string type)
    {
        object images = what switch
        {
            "text" => new[] { "hello"u8.ToArray() },
            "gif" => new[] { System.IO.File.ReadAllBytes(Diffusion.Testing.Repository.Path("tests", "fixtures", "images", "global.gif")) },
            "cut" => new[] { File(64, 64)[..^40] },
            "animation" => new[] { Animated(File()) },
            "huge" => new[] { File(5000, 5000) },
            "many-pixels" => new[] { File(3000, 3000), File(3000, 3000) },
            "many" => Enumerable.Repeat(File(), 17).ToArray(),
            "not-base64" => new[] { "***" },
            _ => Array.Empty<byte[]>(),
        };
        var response = await PostAsync("inversions", new { images, steps = 2 });
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((status, type), (response.StatusCode, problem.Type));
        Assert.True(problem.Errors!.ContainsKey(field), string.Join(", ", problem.Errors.Keys));
    }

    [Theory]
    [InlineData("""{ "to": { "seed": 1 } }""", "from", "one of seed, image and generation")]
    [InlineData("""{ "from": { "seed": 1, "generation": "g" }, "to": { "seed": 1 } }""", "from", "got 2")]
    [InlineData("""{ "from": { "seed": -1 }, "to": { "seed": 1 } }""", "from.seed", "0..18446744073709551615")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "colour": 1 } }""", "to.colour", "seed, image, generation, index")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "image": 7 } }""", "to.image", "base64")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "path": "bezier" }""", "path", "slerp, lerp")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "n": 1 }""", "n", "at least 2")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "n": 17 }""", "n", "1..16")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "seed": 3 }""", "seed", "no field")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "stpes": 3 }""", "stpes", "steps")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "sampler": "ddim", "eta": 0.5 }""", "eta", "without fresh noise")]
    [InlineData("""{ "from": { "seed": 1 }, "to": { "seed": 2 }, "images": ["aGVsbG8="] }""", "images[0]", "no file")]
    public async Task Interpolate_WrongField_IsNamed(string json, string field, string said)
    {
        var response = await service.Http.PostAsync("/v1/interpolations", new StringContent(json, new MediaTypeHeaderValue("application/json")));
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.BadRequest, "/problems/validation"), (response.StatusCode, problem.Type));
        Assert.Contains(said, problem.Errors![field][0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interpolate_UnknownGeneration_Is404AndNamesTheField()
    {
        var response = await PostAsync("interpolations", new { from = new { generation = "gen_none" }, to = new { seed = 1 } });
        var problem = await ProblemAnswer.ReadAsync(response);
        Assert.Equal((HttpStatusCode.NotFound, "/problems/unknown-generation"), (response.StatusCode, problem.Type));
        Assert.True(problem.Errors!.ContainsKey("from.generation"));
    }

    [Fact]
    public async Task Interpolate_IndexBeyondTheGeneration_NamesTheField()
    {
        var earlier = await ReadAsync("../generate", new { steps = 1, model = Labelled });
        var problem = await ProblemAnswer.ReadAsync(await PostAsync("interpolations", new { from = new { generation = earlier.Id, index = 1 }, to = new { seed = 1 } }));
        Assert.Contains("0..0", problem.Errors!["from.index"][0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interpolate_FromAnInterpolation_IsRefused()
    {
        var earlier = await ReadAsync("interpolations", new { from = new { seed = 1 }, to = new { seed = 2 }, steps = 1, n = 2 });
        var problem = await ProblemAnswer.ReadAsync(await PostAsync("interpolations", new { from = new { generation = earlier.Id }, to = new { seed = 1 } }));
        Assert.Contains("keeps no x_T", problem.Errors!["from.generation"][0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Invert_BrokenForm_IsARefusal(string type)
    {
        var content = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a\"\r\n\r\nabc"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        var response = await service.Http.PostAsync("/v1/inversions", content);
        Assert.Equal((HttpStatusCode.BadRequest, "/problems/bad-request"), (response.StatusCode, (await ProblemAnswer.ReadAsync(response)).Type));
    }

    [Fact]
    public async Task Invert_HugeBody_Is413()
    {
        var content = new ByteArrayContent(new byte[(8 << 20) + 1]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var response = await service.Http.PostAsync("/v1/inversions", content);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "/problems/too-large"), (response.StatusCode, (await ProblemAnswer.ReadAsync(response)).Type));
    }

    // an animation control chunk after the header of 33 bytes; its checksum is not looked at before the flag
    private static byte[] Animated(byte[] png) =>
        [.. png[..33], 0, 0, 0, 8, .. "acTL"u8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, .. png[33..]];
}
