using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Diffusion.Imaging;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;
using Diffusion.Training.Tests;

namespace Diffusion.Api.Tests.Endpoints;

[Collection(SharedService.Name)]
public sealed class DatasetTests(Service service)
{
    private const string Sets = "/v1/datasets";

    private HttpClient Http => service.Http;

    [Fact]
    public async Task Get_Set_TellsItsManifest()
    {
        var set = await (await Http.GetAsync($"{Sets}/tiny", headers: [])).JsonAsync();

        Assert.Equal(("tiny", 8, 8, 1, 16), (Text(set, "name"), Number(set, "width"), Number(set, "height"), Number(set, "channels"), Number(set, "images")));
        Assert.Equal((10, 6), (Number(set.GetProperty("splits"), "train"), Number(set.GetProperty("splits"), "test")));
        Assert.Equal(
            [(0, "above", 5, 3), (1, "below", 5, 3)],
            set.GetProperty("classes").EnumerateArray().Select(c => (Number(c, "label"), Text(c, "name"), Number(c.GetProperty("images"), "train"), Number(c.GetProperty("images"), "test"))));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(service.DataPath, "tiny", "manifest.json")))), Text(set, "sha256"));
        Assert.Equal((10 + 6) * 65, set.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task List_IsByNameInPages_AndADamagedSetIsSaidToBe()
    {
        foreach (var name in new[] { "page-a", "page-b", "page-c" }) TinySet.Write(service.DataPath, name);
        await File.WriteAllTextAsync(Path.Combine(service.DataPath, "page-b", "manifest.json"), "{");
        // neither is a set: what was never finished, and what jobs could not name
        Directory.CreateDirectory(Path.Combine(service.DataPath, "page-b-source"));
        Directory.CreateDirectory(Path.Combine(service.DataPath, ".page-b.removed"));
        File.Copy(Path.Combine(service.DataPath, "tiny", "manifest.json"), Path.Combine(service.DataPath, ".page-b.removed", "manifest.json"));

        var first = await (await Http.GetAsync($"{Sets}?limit=2&cursor=page", headers: [])).JsonAsync();
        Assert.Equal(["page-a"], Names(first, "items"));
        Assert.Equal(["page-b"], Names(first, "damaged"));
        var second = await (await Http.GetAsync($"{Sets}?limit=2&cursor={Text(first, "next")}", headers: [])).JsonAsync();
        Assert.Equal("page-c", Names(second, "items").First());
        Assert.Equal("/problems/damaged-dataset", await (await Http.GetAsync($"{Sets}/page-b", headers: [])).ProblemAsync(HttpStatusCode.InternalServerError));
        foreach (var name in new[] { "page-a", "page-b", "page-c", ".page-b.removed" }) Directory.Delete(Path.Combine(service.DataPath, name), recursive: true);
    }

    [Fact]
    public async Task Preview_OfASetWithoutOne_IsDrawnOfItsImages()
    {
        var answer = await Http.GetAsync($"{Sets}/tiny/preview.png", headers: []);
        var png = await answer.Content.ReadAsByteArrayAsync();

        Assert.Equal("image/png", answer.Content.Headers.ContentType?.MediaType);
        var preview = PictureReader.Read(png, 1, 1 << 20);
        // a row a class with a gap of 2 between: the first is bright above, the second below
        Assert.Equal((true, false, false, true), (Bright(0), Bright(7), Bright(10), Bright(17)));
        var tag = answer.Header("ETag");
        Assert.Equal(HttpStatusCode.NotModified, (await Http.GetAsync($"{Sets}/tiny/preview.png", ("If-None-Match", tag))).StatusCode);

        bool Bright(int row) => preview.Pixels[row * preview.Width] > 100;
    }

    [Fact]
    public async Task RefusedAndDuplicates_AreLinesThatCanBeReadInParts()
    {
        var source = Directory.CreateDirectory(Path.Combine(service.DataPath, "source", "mixed", "a")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(source, "1.png"), ImageEncoder.Encode(new Picture(new byte[64], 8, 8, 1), "png"));
        File.Copy(Path.Combine(source, "1.png"), Path.Combine(source, "2.png"));
        for (var i = 0; i < 3; i++) await File.WriteAllTextAsync(Path.Combine(source, $"{i}.txt"), "no image");
        var settings = new ImportSettings { Size = 8, Channels = 1 };
        using (var files = new FileSource(Path.GetDirectoryName(source)!, settings.Limits))
            new ImageSetImporter(settings).Import(files, Path.Combine(service.DataPath, "mixed"), null, CancellationToken.None);

        Assert.Equal(["a/0.txt", "a/1.txt", "a/2.txt"], await EntriesAsync("refused"));
        Assert.Equal(["a/1.txt"], await EntriesAsync("refused?from=1&limit=1"));
        Assert.Equal(["a/2.png"], await EntriesAsync("duplicates"));
        var answer = await Http.GetAsync($"{Sets}/tiny/refused", headers: []);
        Assert.Equal(("application/x-ndjson", ""), (answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync()));
        Directory.Delete(Path.Combine(service.DataPath, "mixed"), recursive: true);
        Directory.Delete(Path.Combine(service.DataPath, "source"), recursive: true);

        async Task<string[]> EntriesAsync(string path) =>
            [.. (await Http.GetStringAsync($"{Sets}/mixed/{path}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Text(JsonDocument.Parse(l).RootElement, "entry"))];
    }

    [Fact]
    public async Task Delete_SetOfAJobThatIsNotOver_IsRefused_AndAfterwardsDone()
    {
        TinySet.Write(service.DataPath, "needed");
        var job = await Http.SubmitAsync(TrainingJobs.File("needs-it").Replace("\"tiny\"", "\"needed\"", StringComparison.Ordinal));
        await Http.TellAsync(job, "pause");
        await Http.UntilJobAsync(job, j => !j.IsActive());
        Assert.Equal([job], (await (await Http.GetAsync($"{Sets}/needed", headers: [])).JsonAsync()).GetProperty("usedBy").EnumerateArray().Select(u => u.GetString()!));

        var refused = await ProblemAnswer.ReadAsync(await Http.DeleteAsync($"{Sets}/needed"));
        Assert.Equal(("/problems/conflicting-state", 409), (refused.Type, refused.Status));
        Assert.Contains(job, refused.Detail, StringComparison.Ordinal);

        await Http.TellAsync(job, "cancel");
        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync($"{Sets}/needed")).StatusCode);
        Assert.Equal("/problems/unknown-dataset", await (await Http.DeleteAsync($"{Sets}/needed")).ProblemAsync(HttpStatusCode.NotFound));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(service.DataPath), f => f.Contains("needed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/preview.png")]
    [InlineData("/refused")]
    [InlineData("/duplicates")]
    public async Task Get_UnknownSet_IsNotFound(string part)
    {
        // a name that leaves the folder is no name
        foreach (var name in new[] { "nobody", "..%2Fdata%2Ftiny", "%2e%2e", "TINY", ".tiny" })
            Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync($"{Sets}/{name}{part}", headers: [])).StatusCode);
        Assert.Equal("/problems/unknown-dataset", await (await Http.GetAsync($"{Sets}/nobody{part}", headers: [])).ProblemAsync(HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?colour=red", "colour")]
    [InlineData("/tiny/refused?from=-1", "from")]
    [InlineData("/tiny/duplicates?limit=x", "limit")]
    public async Task Get_WrongQuery_NamesTheField(string query, string field)
    {
        var problem = await ProblemAnswer.ReadAsync(await Http.GetAsync(Sets + query, headers: []));
        Assert.Equal(("/problems/validation", field), (problem.Type, Assert.Single(problem.Errors!.Keys)));
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;

    private static int Number(JsonElement of, string name) => of.GetProperty(name).GetInt32();

    private static IEnumerable<string> Names(JsonElement page, string list) => page.GetProperty(list).EnumerateArray().Select(i => Text(i, "name"));
}
