using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Diffusion.Api.Errors;
using Diffusion.Api.Tests.Faults;
using Diffusion.Api.Tests.Malformed;
using Diffusion.Checkpoints;
using Diffusion.Testing;
using Diffusion.Training.Tests;
using Diffusion.Training.Tests.Imports;

namespace Diffusion.Api.Tests.Documentation;

/// <summary>docs/api.md describes what there is, and its examples run.</summary>
public sealed partial class ApiPageTests : IDisposable
{
    private static readonly string Page = File.ReadAllText(Repository.Path("docs", "api.md"));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Page_NamesEveryCallOfTheDocument()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Repository.Path("docs", "openapi.json")));
        Assert.All(Operation.Of(document.RootElement), o => Assert.Contains($"`{o.Method} {o.Path}`", Page, StringComparison.Ordinal));
    }

    [Fact]
    public void Page_ListsEveryProblem()
    {
        var listed = Rows().Matches(Page).Select(m => (int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture), m.Groups[2].Value, m.Groups[3].Value)).Order();
        Assert.Equal(ProblemCatalogue.All.Select(p => (p.Status, p.Slug, p.Title)).Order(), listed);
    }

    [Fact]
    public async Task Examples_AgainstTheService_Run()
    {
        TestModels.Publish(folder["models"]);
        TinyModels.Publish(new CheckpointStore(folder["models"], TimeProvider.System), Service.Plain, seed: 2, sampling: new SamplingDefaults("ddim", 4));
        var desk = Directory.CreateDirectory(folder["desk"]).FullName;
        Directory.CreateDirectory(Path.Combine(desk, "models", "jobs"));
        foreach (var job in Directory.GetFiles(Repository.Path("models", "jobs"), "*.json")) File.Copy(job, Path.Combine(desk, "models", "jobs", Path.GetFileName(job)));
        await File.WriteAllBytesAsync(Path.Combine(desk, "shapes.zip"), ZipFiles.Halves(30));
        TinySet.Write(folder["data"], "mnist-32", side: 32, classes: 10);
        using var service = await ServiceProcess.StartAsync(folder, ("Api__KeyFile", folder["keys.json"]));
        await service.ReadyAsync();

        var examples = PageExamples.Of(Page);
        Assert.True(examples.Count >= 9, $"{examples.Count} examples");
        foreach (var example in examples)
        {
            var (code, said) = await PageExamples.RunAsync(desk, example.Replace("http://localhost:8080", service.Http.BaseAddress!.ToString().TrimEnd('/'), StringComparison.Ordinal));
            Assert.True(code == 0, $"exit code {code} of\n{example}\n{said}");
        }
        foreach (var file in Directory.GetFiles(desk)) AssertIsWhatItSays(file);
    }

    private static void AssertIsWhatItSays(string file)
    {
        var bytes = File.ReadAllBytes(file);
        if (file.EndsWith(".json", StringComparison.Ordinal)) JsonDocument.Parse(bytes).Dispose();
        else if (file.EndsWith(".png", StringComparison.Ordinal)) Assert.True(bytes.AsSpan(1).StartsWith("PNG"u8), file);
        else if (file.EndsWith(".webp", StringComparison.Ordinal)) Assert.True(bytes.AsSpan().StartsWith("RIFF"u8), file);
        else Assert.NotEmpty(bytes);
    }

    [GeneratedRegex(@"^\| (\d{3}) \| `([a-z-]+)` \| (.+) \|$", RegexOptions.Multiline)]
    private static partial Regex Rows();
}
