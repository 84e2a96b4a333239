using System.Reflection;
using System.Text.RegularExpressions;
using Diffusion.Api.Hosting;
using Diffusion.Inference;
using Diffusion.Testing;
using Diffusion.Training;

namespace Diffusion.Api.Tests.Hosting;

/// <summary>What the container's file says about where things are kept.</summary>
public sealed class ContainerTests
{
    private static readonly string[] Volumes = ["/models", "/state", "/data"];

    // a folder or file, relative to the working directory, which in the container belongs to root
    private static IEnumerable<(string Variable, string Default)> Kept() =>
        from type in new[] { typeof(ApiOptions).Assembly, typeof(InferenceOptions).Assembly, typeof(TrainingOptions).Assembly }.SelectMany(a => a.GetTypes())
        where type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) is string && type.GetConstructor([]) is not null
        from setting in type.GetProperties()
        where setting.PropertyType == typeof(string)
        let value = (string?)setting.GetValue(Activator.CreateInstance(type))
        where value is not null && Regex.IsMatch(value, "^(models|state|data)(/|$)")
        select ($"{type.GetField("Section")!.GetValue(null)}__{setting.Name}", value);

    [Fact]
    public void Dockerfile_EveryPlaceThatIsWrittenTo_IsInAVolume()
    {
        var file = File.ReadAllText(Repository.Path("Dockerfile"));
        Assert.Contains("""VOLUME ["/models", "/state", "/data"]""", file, StringComparison.Ordinal);
        var kept = Kept().ToArray();
        Assert.Contains(kept, k => k.Variable == "Store__Path");
        Assert.All(kept, k =>
        {
            var set = Regex.Match(file, $@"\b{k.Variable}=(\S+)");
            Assert.True(set.Success, $"{k.Variable} is not set: {k.Default} would be in /app, where the service may not write.");
            Assert.Contains(Volumes, v => set.Groups[1].Value == v || set.Groups[1].Value.StartsWith(v + "/", StringComparison.Ordinal));
        });
    }
}
