using System.Globalization;
using Diffusion.Api.Hosting;
using Diffusion.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using TorchSharp;

namespace Diffusion.Api.Tests.Hosting;

public sealed class SettingsTests
{
    [Fact]
    public void CreateBuilder_ContentRootWithoutSettings_ReadsTheFileBesideTheProgram()
    {
        using var empty = new TemporaryFolder();
        var settings = Settings.CreateBuilder(["--contentRoot", empty.Path]).Configuration;
        Assert.Equal("digits-ddpm", settings["Inference:DefaultModels:0"]);
    }

    [Fact]
    public void Settings_OfTheEdge_AreAllInTheFileWithTheirDefaults()
    {
        using var empty = new TemporaryFolder();
        var section = Settings.CreateBuilder(["--contentRoot", empty.Path]).Configuration.GetSection(ApiOptions.Section);
        var defaults = new ApiOptions();
        foreach (var setting in typeof(ApiOptions).GetProperties().Where(p => p.PropertyType.IsValueType))
            Assert.Equal(Convert.ToString(setting.GetValue(defaults), CultureInfo.InvariantCulture), section[setting.Name]);
    }

    [Fact]
    public void Apply_Tf32_IsOffInTheFileAndOnWhereAskedFor()
    {
        using var empty = new TemporaryFolder();
        Assert.Equal("False", Settings.CreateBuilder(["--contentRoot", empty.Path]).Configuration[TorchSettings.AllowTf32]);
        foreach (var allowed in new[] { true, false })
        {
            TorchSettings.Apply(Settings.CreateBuilder(["--contentRoot", empty.Path, $"--{TorchSettings.AllowTf32}", $"{allowed}"]).Configuration);
            Assert.Equal((allowed, allowed), (torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32));
        }
        var wrong = Settings.CreateBuilder(["--contentRoot", empty.Path, $"--{TorchSettings.AllowTf32}", "fast"]).Configuration;
        Assert.Contains("Torch:AllowTf32", Assert.Throws<InvalidOperationException>(() => TorchSettings.Apply(wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CreateBuilder_SettingsInContentRoot_GoOverTheFileBesideTheProgram()
    {
        using var root = new TemporaryFolder();
        File.WriteAllText(root["appsettings.json"], """{ "Inference": { "DefaultModels": [ "mine" ] } }""");
        var settings = Settings.CreateBuilder(["--contentRoot", root.Path]).Configuration;
        Assert.Equal("mine", settings["Inference:DefaultModels:0"]);
    }

    [Fact]
    public void CreateBuilder_Environment_GoesOverTheFile()
    {
        using var empty = new TemporaryFolder();
        Environment.SetEnvironmentVariable("Api__MaxBodyBytes", "4096");
        try
        {
            Assert.Equal("4096", Settings.CreateBuilder(["--contentRoot", empty.Path]).Configuration["Api:MaxBodyBytes"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("Api__MaxBodyBytes", null);
        }
    }

    [Fact]
    public void CreateBuilder_NoAddress_ListensOnLoopback()
    {
        var settings = Settings.CreateBuilder([]).Configuration;
        Assert.Equal("http://localhost:8080", settings["urls"]);
        Assert.Equal("localhost;127.0.0.1;[::1]", settings["AllowedHosts"]);
    }

    [Fact]
    public void CreateBuilder_Address_IsKept() =>
        Assert.Equal("http://localhost:9", Settings.CreateBuilder(["--urls", "http://localhost:9"]).Configuration["urls"]);

    [Fact]
    public void CreateBuilder_Insecure_AllowsOtherHostsAndIsNotAValueOfAnotherSwitch()
    {
        var settings = Settings.CreateBuilder(["--insecure", "--urls", "http://0.0.0.0:9"]).Configuration;
        Assert.Equal(("*", "http://0.0.0.0:9"), (settings["AllowedHosts"], settings["urls"]));
        Assert.Null(ListenAddresses.Refusal(settings, hasKeys: false));
    }

    [Fact]
    public void PathIn_RelativePath_IsInTheContentRoot()
    {
        using var root = new TemporaryFolder();
        var environment = Settings.CreateBuilder(["--contentRoot", root.Path]).Environment;
        Assert.Equal(root["models"], environment.PathIn("models"));
        Assert.Equal("/elsewhere", environment.PathIn("/elsewhere"));
    }
}
