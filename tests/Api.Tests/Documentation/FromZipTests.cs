using Diffusion.Api.Tests.Faults;
using Diffusion.Imaging;
using Diffusion.Testing;
using Diffusion.Training.Tests.Imports;

namespace Diffusion.Api.Tests.Documentation;

/// <summary>docs/from-zip-to-model.md and its script lead from a zip file to pictures of a promoted model, by HTTP alone.</summary>
public sealed class FromZipTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task FromZip_GuideAndScript_EndInPicturesOfAPromotedModel()
    {
        Directory.CreateDirectory(folder["models"]);
        var desk = Directory.CreateDirectory(folder["desk"]).FullName;
        await File.WriteAllBytesAsync(Path.Combine(desk, "shapes.zip"), ZipFiles.Halves(24, side: 40));
        using var service = await ServiceProcess.StartAsync(folder, ("Api__KeyFile", folder["keys.json"]), ("Training__Threads", "1"));
        var url = service.Http.BaseAddress!.ToString().TrimEnd('/');

        // the guide, with a network that a test has the time for
        var page = File.ReadAllText(Repository.Path("docs", "from-zip-to-model.md"))
            .Replace("http://localhost:8080", url, StringComparison.Ordinal)
            .Replace("\"modelChannels\": 32", "\"modelChannels\": 8", StringComparison.Ordinal)
            .Replace("\"warmup\": 100", "\"warmup\": 1", StringComparison.Ordinal)
            .Replace("\"batch\": 32, \"steps\": 3000", "\"batch\": 8, \"steps\": 6", StringComparison.Ordinal);
        Assert.Contains("\"steps\": 6", page, StringComparison.Ordinal);
        var examples = PageExamples.Of(page);
        Assert.Equal(5, examples.Count);
        foreach (var example in examples)
        {
            var (code, said) = await PageExamples.RunAsync(desk, example);
            Assert.True(code == 0, $"exit code {code} of\n{example}\n{said}\n{Answers(desk)}\n{service.Said}");
        }
        AssertGrid("shapes.png", size: 32);

        var script = $"SIZE=16 STEPS=6 WIDTH=8 BATCH=8 '{Repository.Path("scripts", "from-zip.sh")}' shapes.zip by-script {url}";
        var (scriptCode, scriptSaid) = await PageExamples.RunAsync(desk, script);
        Assert.True(scriptCode == 0, $"exit code {scriptCode}:\n{scriptSaid}\n{service.Said}");
        Assert.Contains("24 images of 2 classes, 0 files refused", scriptSaid, StringComparison.Ordinal);
        AssertGrid("by-script.png", size: 16);

        // what curl -o has kept of a refusal
        static string Answers(string desk) => string.Join('\n', Directory.GetFiles(desk, "*.json").Order().Select(f => $"{Path.GetFileName(f)}: {File.ReadAllText(f)}"));

        void AssertGrid(string file, int size)
        {
            var grid = PictureReader.Read(File.ReadAllBytes(Path.Combine(desk, file)), 3, 1 << 24);
            Assert.True(grid.Width > 4 * size && grid.Height > 4 * size, $"{file} is {grid.Width}x{grid.Height}");
        }
    }
}
