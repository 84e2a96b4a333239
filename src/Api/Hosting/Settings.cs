using Microsoft.Extensions.Configuration.Json;

namespace Diffusion.Api.Hosting;

/// <summary>Where settings come from: appsettings.json beside the program, then the one in the content root, environment, command line.</summary>
internal static class Settings
{
    private const string DefaultUrl = "http://localhost:8080";
    private const string InsecureSwitch = "--insecure";

    /// <summary>A builder with all settings read.</summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = [.. args.Where(a => a != InsecureSwitch)],
            WebRootPath = Path.Combine(AppContext.BaseDirectory, "wwwroot"),
        });
        InsertSettingsFile(builder.Configuration);
        if (args.Contains(InsecureSwitch)) Set(builder, $"{ApiOptions.Section}:{nameof(ApiOptions.Insecure)}", "true");
        if (!ListenAddresses.Given(builder.Configuration)) builder.WebHost.UseUrls(DefaultUrl);
        // another site cannot reach a loopback service by a host name of its own (DNS rebinding)
        if (builder.Configuration["AllowedHosts"] is null)
            Set(builder, "AllowedHosts", IsInsecure(builder.Configuration) || ListenAddresses.Open(builder.Configuration).Any() ? "*" : "localhost;127.0.0.1;[::1]");
        return builder;
    }

    /// <summary>Whether addresses other than loopback may be served.</summary>
    public static bool IsInsecure(IConfiguration settings) => settings.GetValue<bool>($"{ApiOptions.Section}:{nameof(ApiOptions.Insecure)}");

    /// <summary>The file of API keys that the settings name.</summary>
    public static string KeyFile(IConfiguration settings) => settings[$"{ApiOptions.Section}:{nameof(ApiOptions.KeyFile)}"] ?? ApiOptions.DefaultKeyFile;

    /// <summary>A path of the settings: absolute as it is, relative to the content root.</summary>
    public static string PathIn(this IHostEnvironment environment, string path) => Path.GetFullPath(path, environment.ContentRootPath);

    // before the other files, so that the content root's, the environment and the command line go over it
    private static void InsertSettingsFile(ConfigurationManager settings)
    {
        var file = new JsonConfigurationSource { Path = Path.Combine(AppContext.BaseDirectory, "appsettings.json"), Optional = false };
        file.ResolveFileProvider();
        var sources = ((IConfigurationBuilder)settings).Sources;
        var first = sources.TakeWhile(s => s is not JsonConfigurationSource).Count();
        sources.Insert(first, file);
    }

    private static void Set(WebApplicationBuilder builder, string name, string value) =>
        builder.Configuration.AddInMemoryCollection([new(name, value)]);
}
