using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Diffusion.Tests.Architecture;

/// <summary>What the sources and project files of a checkout must not do; each breach is one line.</summary>
internal static partial class ArchitectureRules
{
    private const int MaximumLines = 400;

    private static readonly (string From, string To)[] ForbiddenEdges =
        [("Inference", "Training"), ("Training", "Inference"), ("Diffusion", "Inference"), ("Diffusion", "Training")];

    private static readonly string[] SourceEndings = [".cs", ".cpp", ".h", ".js", ".css", ".html"];

    public static IReadOnlyList<string> Breaches(string root) =>
        [.. ProjectBreaches(root), .. SourceBreaches(root)];

    private static IEnumerable<string> ProjectBreaches(string root)
    {
        var projects = Directory.GetDirectories(Path.Combine(root, "src"))
            .SelectMany(f => Directory.GetFiles(f, "*.csproj"))
            .ToDictionary(p => Path.GetFileNameWithoutExtension(p), XDocument.Load);
        Dictionary<string, string[]> references = projects.ToDictionary(p => p.Key, p => p.Value.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).ToArray());
        foreach (var (name, project) in projects)
        {
            var reached = Reachable(name, references);
            if (reached.Contains("Api")) yield return $"src/{name} references Api";
            foreach (var (_, to) in ForbiddenEdges.Where(e => e.From == name && reached.Contains(e.To))) yield return $"src/{name} references {to}";
            if (references[name].FirstOrDefault(r => !projects.ContainsKey(r)) is { } outside) yield return $"src/{name} references {outside} outside of src; use <Needs>";
            if (name == "Diffusion" && (project.Root!.Attribute("Sdk")?.Value == "Microsoft.NET.Sdk.Web"
                || project.Descendants("FrameworkReference").Any()
                || project.Descendants("PackageReference").Any(p => p.Attribute("Include")?.Value.Contains("AspNetCore", StringComparison.Ordinal) == true)))
                yield return "src/Diffusion references ASP.NET Core";
        }
    }

    private static HashSet<string> Reachable(string from, Dictionary<string, string[]> references)
    {
        var reached = new HashSet<string>();
        var open = new Stack<string>([from]);
        while (open.TryPop(out var next))
            foreach (var reference in references.GetValueOrDefault(next) ?? [])
                if (reached.Add(reference)) open.Push(reference);
        return reached;
    }

    private static IEnumerable<string> SourceBreaches(string root)
    {
        foreach (var path in Sources(root))
        {
            var name = Path.GetRelativePath(root, path).Replace('\\', '/');
            var lines = File.ReadAllLines(path);
            if (lines.Length > MaximumLines) yield return $"{name} has {lines.Length} lines; the ceiling is {MaximumLines}";
            if (!name.StartsWith("src/", StringComparison.Ordinal) || !name.EndsWith(".cs", StringComparison.Ordinal)) continue;
            for (var i = 0; i < lines.Length; i++)
            {
                // a comment may name what is banned
                var code = Comment().Replace(lines[i], "");
                if (Banned().Match(code) is { Success: true } match) yield return $"{name}:{i + 1} uses {match.Value.Trim()}";
                if (name.StartsWith("src/Diffusion/", StringComparison.Ordinal) && code.Contains("Microsoft.AspNetCore", StringComparison.Ordinal))
                    yield return $"{name}:{i + 1} uses Microsoft.AspNetCore";
            }
        }
    }

    private static IEnumerable<string> Sources(string root) => new[] { "src", "shims" }
        .Select(f => Path.Combine(root, f)).Where(Directory.Exists)
        .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
        .Where(p => SourceEndings.Contains(Path.GetExtension(p)))
        .Where(p => !Path.GetRelativePath(root, p).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "lib" or "node_modules"))
        .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"(^|\s)///?.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Now|UtcNow|Today)\b|\bThread\.Sleep\b|\bnew\s+Random\s*\(\s*\)|\bRandom\.Shared\b|^\s*#if\b")]
    private static partial Regex Banned();
}
