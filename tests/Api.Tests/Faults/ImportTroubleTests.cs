using System.Net;
using System.Net.Http.Headers;
using Diffusion.Api.Tests.Endpoints;
using Diffusion.Testing;

namespace Diffusion.Api.Tests.Faults;

/// <summary>A version that is brought in while the disk of the models is full: it is refused and says so, nothing of it stays, and what serves goes on.</summary>
public sealed class ImportTroubleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [OwnMountFact]
    public async Task Disk_Full_NothingOfAVersionStays_AndItCanBeImportedWhenThereIsRoom()
    {
        TestModels.Publish(folder["source"]);
        Directory.CreateDirectory(folder["models"]);
        using var service = await ServiceProcess.StartAsync(folder, OwnMountFactAttribute.WithTmpfs(folder["models"], "4m", folder["source"]));
        await service.ReadyAsync();
        // the mount is seen by the service alone
        var models = $"/proc/{service.Id}/root{folder["models"]}";
        foreach (var format in new[] { "safetensors", "zip" })
        {
            var file = await service.Http.GetByteArrayAsync($"/v1/models/{Service.Plain}/versions/1/export?format={format}");
            // no room at all, for half of what is sent, and for all that is sent but not for the version that is made of it
            foreach (var room in new[] { 0, file.Length / 2, file.Length + 8192 })
                foreach (var asForm in new[] { false, true })
                {
                    using (var ballast = new Ballast(Path.Combine(models, "ballast"), room))
                    {
                        var refused = await ImportAsync(service.Http, format, file, asForm);
                        Assert.Equal("/problems/store-unavailable", await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable));
                        Assert.NotNull(refused.Headers.RetryAfter);
                        Assert.Equal(HttpStatusCode.OK, (await service.Http.PostAsync("/generate?steps=2&seed=1")).StatusCode);
                    }
                    Assert.Equal(HttpStatusCode.NotFound, (await service.Http.GetAsync($"/v1/models/guest-{format}", headers: [])).StatusCode);
                    Assert.DoesNotContain(Directory.EnumerateFiles(models, "*.safetensors", SearchOption.AllDirectories), f => f.Contains($"guest-{format}", StringComparison.Ordinal));
                    Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(models, ".incoming"), "*", SearchOption.AllDirectories), f => new FileInfo(f).Length > 0);
                }
            Assert.Equal(HttpStatusCode.Created, (await ImportAsync(service.Http, format, file, asForm: false)).StatusCode);
            Assert.Equal(await PictureAsync(service.Http, Service.Plain), await PictureAsync(service.Http, $"guest-{format}"));
        }
    }

    private static Task<HttpResponseMessage> ImportAsync(HttpClient http, string format, byte[] file, bool asForm)
    {
        HttpContent content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        if (asForm) content = new MultipartFormDataContent { { content, "file", $"x.{format}" } };
        return http.PostAsync($"/v1/models/guest-{format}/versions", content);
    }

    private static async Task<byte[]> PictureAsync(HttpClient http, string model) =>
        await (await http.PostAsync($"/generate?model={model}&sampler=ddim&steps=2&seed=1&label=1&determinism=strict")).Content.ReadAsByteArrayAsync();

    /// <summary>A file that takes all of a disk but so much.</summary>
    private sealed class Ballast : IDisposable
    {
        private readonly string path;

        public Ballast(string path, int room)
        {
            this.path = path;
            using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            var block = new byte[4096];
            try
            {
                while (true) file.Write(block);
            }
            catch (IOException)
            {
                // no space is left
            }
            file.SetLength(Math.Max(0, file.Length - room));
        }

        public void Dispose() => File.Delete(path);
    }
}
