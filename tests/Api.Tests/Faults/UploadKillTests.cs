using System.Globalization;
using System.Security.Cryptography;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Testing;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;
using Diffusion.Training.Tests.Imports;

namespace Diffusion.Api.Tests.Faults;

/// <summary>What was taken of an upload is still there after SIGKILL, and an import that was under way is done at the next start.</summary>
public sealed class UploadKillTests : IDisposable
{
    private const int PartBytes = 16_384;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Kill_WithinTheUploadAndWithinTheImport_LosesNothing()
    {
        var zip = ZipFiles.Slow(100);
        string path;
        long offset;
        using (var first = await StartAsync())
        {
            var created = await first.Http.CallAsync(HttpMethod.Post, "/v1/datasets/uploads", $$"""{ "name": "slow", "length": {{zip.Length}}, "size": 8, "channels": 1, "sha256": "{{Convert.ToHexString(SHA256.HashData(zip))}}" }""");
            path = created.Header("Location");
            for (offset = 0; offset < zip.Length / 2; offset += PartBytes) await AppendAsync(first, path, zip, offset);
            await first.KillAsync();
        }
        using (var second = await StartAsync())
        {
            var head = await second.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, path));
            Assert.Equal(offset.ToString(CultureInfo.InvariantCulture), head.Header("Upload-Offset"));
            for (; offset < zip.Length; offset += PartBytes) await AppendAsync(second, path, zip, offset);
            while (!((await (await second.Http.GetAsync(path, headers: [])).JsonAsync()).TryGetProperty("progress", out var progress) && progress.GetProperty("done").GetInt32() > 1)) await Task.Yield();
            await second.KillAsync();
        }
        Assert.False(Directory.Exists(folder["data/slow"]));
        using var third = await StartAsync();
        var done = await (await third.Http.GetAsync(path, ("Prefer", "wait=60"))).JsonAsync();
        Assert.True(done.GetProperty("state").GetString() == "succeeded", done.ToString());

        await File.WriteAllBytesAsync(folder["slow.zip"], zip);
        var settings = new ImportSettings { Size = 8, Channels = 1, Source = "upload of slow" };
        using var source = ImageSources.Open(folder["slow.zip"], settings.Limits);
        new ImageSetImporter(settings).Import(source, folder["elsewhere/slow"], null, CancellationToken.None);
        Assert.Equal(await File.ReadAllTextAsync(folder["elsewhere/slow/manifest.json"]), await File.ReadAllTextAsync(folder["data/slow/manifest.json"]));
        Assert.Equal(["slow"], Directory.GetFileSystemEntries(folder["data"]).Select(Path.GetFileName));
    }

    private Task<ServiceProcess> StartAsync()
    {
        Directory.CreateDirectory(folder["models"]);
        return ServiceProcess.StartAsync(folder, ("Api__KeyFile", folder["keys.json"]));
    }

    private static async Task AppendAsync(ServiceProcess service, string path, byte[] zip, long offset)
    {
        using var part = new ByteArrayContent(zip, (int)offset, (int)Math.Min(PartBytes, zip.Length - offset));
        part.Headers.TryAddWithoutValidation("Upload-Offset", offset.ToString(CultureInfo.InvariantCulture));
        part.Headers.TryAddWithoutValidation("Content-Type", "application/partial-upload");
        var answer = await service.Http.PatchAsync(path, part);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }
}
