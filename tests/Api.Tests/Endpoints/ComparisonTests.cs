using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Diffusion.Api.Comparisons;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class ComparisonTests(Service service)
{
    private const int Side = 8, Gap = 2, Between = 16;

    private Task<HttpResponseMessage> PostAsync(string json) => service.Http.PostAsync("/v1/comparisons", new StringContent(json, null, "application/json"));

    private static async Task<byte[]> PixelsAsync(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(body));
        return Pixels(body).Pixels;
    }

    private static (byte[] Pixels, int Width, int Height) Pixels(byte[] png)
    {
        using var image = Image.Load<L8>(png);
        var pixels = new byte[image.Width * image.Height];
        image.CopyPixelDataTo(pixels);
        return (pixels, image.Width, image.Height);
    }

    /// <summary>Left and right are what /generate makes of the two settings, to one grey level.</summary>
    [Fact]
    public async Task Compare_TwoSamplers_StandSideBySideWithTheirTimes()
    {
        var response = await PostAsync("""{ "n": 4, "seed": 9, "label": [1, 2], "model": "digits-ddpm", "runs": [{ "sampler": "ddpm", "steps": 6 }, { "sampler": "ddim", "steps": 3, "label": 5 }] }""");
        var both = Pixels(await response.Content.ReadAsByteArrayAsync());
        var sheet = 2 * Side + Gap;
        Assert.Equal((2 * sheet + Between, sheet), (both.Width, both.Height));
        Assert.Equal("9", Assert.Single(response.Headers.GetValues("X-Seed")));
        var times = Assert.Single(response.Headers.GetValues("X-Sample-Milliseconds")).Split(", ").Select(t => double.Parse(t, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(2, times.Length);
        Assert.All(times, t => Assert.True(t > 0));

        string[] alone = ["sampler=ddpm&steps=6&label=1,2", "sampler=ddim&steps=3&label=5"];
        foreach (var (run, query) in alone.Index())
        {
            var expected = await PixelsAsync(await service.Http.PostAsync($"/generate?model=digits-ddpm&n=4&seed=9&{query}", null));
            for (var y = 0; y < sheet; y++)
                for (var x = 0; x < sheet; x++)
                    Assert.InRange(Math.Abs(expected[y * sheet + x] - both.Pixels[y * both.Width + run * (sheet + Between) + x]), 0, 1);
        }
    }

    [Fact]
    public async Task Compare_AsJson_TellsEachRun()
    {
        var response = await PostAsync("""{ "format": "json", "runs": [{ "model": "digits-dddm", "sampler": "dddm", "steps": 2 }, { "model": "digits-ddpm", "sampler": "ddim", "steps": 4 }] }""");
        var told = (await response.Content.ReadFromJsonAsync<ComparisonResponse>(JsonSerializerOptions.Web))!;
        Assert.Equal([("digits-dddm@1", "dddm", 2), ("digits-ddpm@1", "ddim", 4)], told.Runs.Select(r => (r.Model, r.Sampler, r.Steps)));
        Assert.Equal(Assert.Single(response.Headers.GetValues("X-Seed")), told.Seed);
        Assert.All(told.Runs, r => Assert.Equal((Side, Side), (Pixels(r.Png).Width, Pixels(r.Png).Height)));
    }

    [Theory]
    [InlineData("{}", "runs")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }] }""", "runs")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, 7] }""", "runs[1]")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, { "steps": "many" }] }""", "runs[1].steps")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, { "seed": 3 }] }""", "runs[1].seed")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, { "frames": "all" }] }""", "runs[1].frames")]
    [InlineData("""{ "runs": [{ "sampler": "ddim", "colour": 1 }, { "sampler": "ddim" }] }""", "runs[0].colour")]
    [InlineData("""{ "kinds": "x0", "runs": [{ "sampler": "ddim" }, { "sampler": "ddim" }] }""", "kinds")]
    [InlineData("""{ "format": "zip", "runs": [{ "sampler": "ddim" }, { "sampler": "ddim" }] }""", "format")]
    [InlineData("""{ "steps": 0, "runs": [{ "sampler": "ddim" }, { "sampler": "ddim" }] }""", "steps")]
    [InlineData("""{ "n": 17, "runs": [{ "sampler": "ddim" }, { "sampler": "ddim" }] }""", "n")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, { "sampler": "ddim", "steps": 5000 }] }""", "runs[1].steps")]
    [InlineData("""{ "runs": [{ "sampler": "ddim" }, { "sampler": "ddim", "variance": "large" }] }""", "runs[1].variance")]
    public async Task Compare_WhatIsWrong_IsNamed(string body, string field)
    {
        var response = await PostAsync(body);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        Assert.Equal((HttpStatusCode.BadRequest, "/problems/validation"), (response.StatusCode, problem.RootElement.GetProperty("type").GetString()));
        Assert.Equal([field], problem.RootElement.GetProperty("errors").EnumerateObject().Select(e => e.Name));
    }

    [Fact]
    public async Task Compare_ARunThatNoModelServes_BeginsNothing()
    {
        var response = await PostAsync("""{ "runs": [{ "sampler": "ddim", "model": "digits-ddpm" }, { "sampler": "dddm", "model": "digits-ddpm" }] }""");
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStreamAsync());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.True(problem.RootElement.GetProperty("errors").TryGetProperty("runs[1].sampler", out _));
    }
}
