using Diffusion.Testing;

namespace Diffusion.Tests.Architecture;

public sealed class ArchitectureTests
{
    [Fact]
    public void Checkout_AllRules_AreKept() => Assert.Empty(ArchitectureRules.Breaches(Repository.Root));

    [Fact]
    public void Checkout_Projects_AreTheFourThatAreChecked() => Assert.Equal(
        ["Api", "Diffusion", "Inference", "Training"],
        Directory.GetFiles(Repository.Path("src"), "*.csproj", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).Order());

    [Theory]
    [InlineData("Inference", """<ProjectReference Include="../Training/Training.csproj" />""", "src/Inference references Training")]
    [InlineData("Training", """<ProjectReference Include="..\Inference\Inference.csproj" />""", "src/Training references Inference")]
    [InlineData("Training", """<ProjectReference Include="../Api/Api.csproj" />""", "src/Training references Api")]
    [InlineData("Diffusion", """<ProjectReference Include="../Training/Training.csproj" />""", "src/Diffusion references Training")]
    [InlineData("Diffusion", """<FrameworkReference Include="Microsoft.AspNetCore.App" />""", "src/Diffusion references ASP.NET Core")]
    [InlineData("Diffusion", """<PackageReference Include="Microsoft.AspNetCore.SignalR.Client" />""", "src/Diffusion references ASP.NET Core")]
    [InlineData("Inference", """<ProjectReference Include="../../shims/TorchSharp/TorchSharp.csproj" />""", "src/Inference references TorchSharp outside of src; use <Needs>")]
    public void Project_ForbiddenReference_IsFound(string project, string item, string breach)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "Api", "Diffusion", "Inference", "Training" })
            Write(folder, $"src/{name}/{name}.csproj", $"""<Project Sdk="Microsoft.NET.Sdk"><ItemGroup>{(name == project ? item : "")}</ItemGroup></Project>""");
        Assert.Contains(breach, ArchitectureRules.Breaches(folder.Path));
    }

    [Theory]
    [InlineData("src/Api/A.cs", "var t = DateTime.UtcNow;", "src/Api/A.cs:2 uses DateTime.UtcNow")]
    [InlineData("src/Api/A.cs", "var t = DateTimeOffset.Now;", "src/Api/A.cs:2 uses DateTimeOffset.Now")]
    [InlineData("src/Training/Loop/A.cs", "Thread.Sleep(1);", "src/Training/Loop/A.cs:2 uses Thread.Sleep")]
    [InlineData("src/Training/A.cs", "var r = new Random( );", "src/Training/A.cs:2 uses new Random( )")]
    [InlineData("src/Training/A.cs", "Random.Shared.Next();", "src/Training/A.cs:2 uses Random.Shared")]
    [InlineData("src/Diffusion/A.cs", "  #if DEBUG", "src/Diffusion/A.cs:2 uses #if")]
    [InlineData("src/Diffusion/A.cs", "using Microsoft.AspNetCore.Http;", "src/Diffusion/A.cs:2 uses Microsoft.AspNetCore")]
    [InlineData("src/Api/A.cs", "// no DateTime.UtcNow here", null)]
    [InlineData("src/Api/A.cs", "var r = new Random(seed);", null)]
    [InlineData("src/Api/A.cs", "using Microsoft.AspNetCore.Http;", null)]
    [InlineData("shims/X/A.cs", "Thread.Sleep(1);", null)]
    public void Source_BannedUse_IsFound(string path, string line, string? breach)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["src"]);
        Write(folder, path, $"namespace A;\n{line}\n");
        Assert.Equal(breach is null ? [] : [breach], ArchitectureRules.Breaches(folder.Path));
    }

    [Theory]
    [InlineData("shims/X/A.cpp", 401, true)]
    [InlineData("shims/X/A.cpp", 400, false)]
    [InlineData("src/Api/wwwroot/lib/a.js", 401, false)]
    [InlineData("src/Api/obj/A.cs", 401, false)]
    [InlineData("src/Api/A.cs", 401, true)]
    public void Source_TooLong_IsFound(string path, int lines, bool isBreach)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["src"]);
        Write(folder, path, string.Concat(Enumerable.Repeat("x\n", lines)));
        Assert.Equal(isBreach ? [$"{path} has {lines} lines; the ceiling is 400"] : [], ArchitectureRules.Breaches(folder.Path));
    }

    private static void Write(TemporaryFolder folder, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[path])!);
        File.WriteAllText(folder[path], text);
    }
}
