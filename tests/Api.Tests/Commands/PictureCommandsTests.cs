using System.IO.Compression;
using Diffusion.Api.Commands;
using Diffusion.Testing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Diffusion.Api.Tests.Commands;

/// <summary>Pictures without a service, by an engine of its own.</summary>
public sealed class PictureCommandsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public PictureCommandsTests() => TestModels.Publish(folder["models"]);

    public void Dispose() => folder.Dispose();

    private async Task<(int? Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using StringWriter output = new(), error = new();
        var code = await PictureCommands.TryRunAsync([.. args, "--models", folder["models"]], output, error, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>More pictures than a service takes in one request: a folder and a zip with the same files.</summary>
    [Fact]
    public async Task Generate_ManyPictures_AsFolderAndZip()
    {
        var (code, said, error) = await RunAsync("generate", "--model", "digits-ddpm", "--sampler", "ddim", "--steps", "2", "--n", "1100", "--seed", "5", "--out", $"{folder["many"]}/,{folder["many.zip"]}");
        Assert.True(code == 0, error);
        Assert.Contains("digits-ddpm@1  ddim, 2 steps  1100 pictures  seed 5", said, StringComparison.Ordinal);
        var files = Directory.GetFiles(folder["many"]).Select(p => Path.GetFileName(p)).Order().ToArray();
        Assert.Equal([.. Enumerable.Range(0, 1100).Select(i => $"{i:0000}.png"), "metadata.json"], files);
        using var zip = ZipFile.OpenRead(folder["many.zip"]);
        Assert.Equal(files, zip.Entries.Select(e => e.FullName).Order());
        foreach (var entry in zip.Entries.Where(e => e.Name is "0000.png" or "1099.png" or "metadata.json"))
        {
            using var bytes = new MemoryStream();
            using (var stream = entry.Open()) stream.CopyTo(bytes);
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder["many"], entry.Name)), bytes.ToArray());
        }
        Assert.Equal(["many", "many.zip", "models"], Directory.EnumerateFileSystemEntries(folder.Path).Select(p => Path.GetFileName(p)).Order());
    }

    [Fact]
    public async Task Generate_Strip_HasALineOfEachKindAndPicture()
    {
        var (code, _, error) = await RunAsync("generate", "--steps", "50", "--sampler", "ddpm", "--n", "5", "--format", "strip", "--out", folder["strip.png"]);
        Assert.True(code == 0, error);
        using var image = Image.Load<L8>(folder["strip.png"]);
        Assert.Equal((20 * 10 - 2, 10 * 10 - 2), (image.Width, image.Height));
    }

    [Fact]
    public async Task Compare_Samplers_TellsTheTimeOfEach()
    {
        var (code, said, error) = await RunAsync("compare", "--runs", "ddpm:8,ddim:3,dddm:2", "--n", "4", "--seed", "1", "--out", folder["both.webp"]);
        Assert.True(code == 0, error);
        var lines = said.TrimEnd().Split(Environment.NewLine);
        Assert.Equal([folder["both.webp"], "digits-ddpm@1  ddpm, 8 steps  4 pictures  seed 1", "digits-ddpm@1  ddim, 3 steps  4 pictures  seed 1", "digits-dddm@1  dddm, 2 steps  4 pictures  seed 1"],
            lines.Select(l => l.Contains("seed", StringComparison.Ordinal) ? l[..l.LastIndexOf("  ", StringComparison.Ordinal)] : l));
        using var image = Image.Load<L8>(folder["both.webp"]);
        Assert.Equal((3 * 18 + 2 * 16, 18), (image.Width, image.Height));
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("generate", "--steps", "0", "--out", "x.png")]
    [InlineData("generate", "--stepz", "4", "--out", "x.png")]
    [InlineData("generate", "--model", "nobody", "--out", "x.png")]
    [InlineData("generate", "four", "--out", "x.png")]
    [InlineData("generate", "--sampler", "dddm", "--model", "digits-ddpm", "--out", "x.png")]
    [InlineData("generate", "--out", "/")]
    [InlineData("compare", "--out", "x.png")]
    [InlineData("compare", "--runs", "ddim:2", "--out", "x.png")]
    [InlineData("compare", "--runs", "ddim:2,ddim", "--out", "x.png")]
    [InlineData("compare", "--runs", "ddim:2,ddpm:2", "--out", "x.zip")]
    [InlineData("compare", "--runs", "ddim:2,ddpm:2", "--out", "x.png,y.png")]
    [InlineData("compare", "--runs", "ddim:2,euler:99999", "--out", "x.png")]
    public async Task Command_ThatIsWrong_SaysWhatIsRight(params string[] args)
    {
        var (code, _, error) = await RunAsync(args);
        Assert.Equal(2, code);
        Assert.Contains(args[0] == "compare" ? "\ncompare --runs SAMPLER:STEPS" : "\ngenerate [--FIELD VALUE ...] --out FILE", error, StringComparison.Ordinal);
        Assert.False(File.Exists("x.png"));
    }

    [Fact]
    public async Task Command_OfAnotherKind_IsNotTaken() => Assert.Null((await RunAsync("models", "list")).Code);
}
