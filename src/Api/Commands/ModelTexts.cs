using System.Globalization;
using Diffusion.Checkpoints;

namespace Diffusion.Api.Commands;

/// <summary>Models and versions as lines of text.</summary>
internal static class ModelTexts
{
    /// <summary>A model in one line.</summary>
    public static string Line(CheckpointStore store, string name)
    {
        var versions = store.Versions(name);
        return $"{name,-24} {versions.Count} version{(versions.Count == 1 ? "" : "s")}, newest {versions[^1]}  {string.Join(", ", store.Aliases(name).Select(a => $"{a.Key} {a.Value}"))}".TrimEnd();
    }

    /// <summary>A model with a line for each version, newest first.</summary>
    public static void Model(CheckpointStore store, string name, TextWriter output)
    {
        output.WriteLine(Line(store, name));
        var (aliases, pinned) = (store.Aliases(name).ToLookup(a => a.Value, a => a.Key), store.Pinned(name));
        foreach (var number in store.Versions(name).Reverse())
            output.WriteLine($"  {Told(store, name, number, [.. aliases[number], .. pinned.Contains(number) ? ["pinned"] : Array.Empty<string>()])}".TrimEnd());
    }

    /// <summary>All that is known of a version.</summary>
    public static void Version(CheckpointStore store, CheckpointVersion version, TextWriter output)
    {
        var m = version.Manifest;
        var results = store.Results(m.Model, m.Version);
        output.WriteLine($"{m.Model} version {m.Version}, published {m.Created.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC");
        output.WriteLine($"  network     {m.Network.ImageSize}x{m.Network.ImageSize}x{m.Network.Channels}, {m.Network.Classes?.ToString(CultureInfo.InvariantCulture) ?? "no"} classes{(m.Network.Memory ? ", memory input" : "")}");
        output.WriteLine($"  trained     {m.Objective}, {m.Prediction.ToString().ToLowerInvariant()} on {m.Schedule.Name} with {m.Schedule.Steps} steps; {m.ImagesSeen} images of {m.Data.Name} seen");
        if (m.Job is { } job) output.WriteLine($"  job         {job.Name}{(job.Id is null ? "" : $" ({job.Id})")}");
        foreach (var parent in m.Ancestry) output.WriteLine($"  {parent.Role,-11} {parent.Model}@{parent.Version}");
        if (m.Origin is { } origin) output.WriteLine($"  imported    {origin.Name ?? origin.Format}, {origin.Bytes} bytes, sha256 {origin.Sha256}; there {origin.Model}@{origin.Version}");
        foreach (var (name, value) in results.Latest(m.Metrics)) output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  measured    {name} {value:G6}"));
        foreach (var (name, file) in m.Files.OrderBy(f => f.Key, StringComparer.Ordinal)) output.WriteLine($"  file        {name}  {file.Bytes} bytes  sha256 {file.Sha256}");
        if (results.Problem is { } problem) output.WriteLine($"  problem     {problem}");
    }

    private static string Told(CheckpointStore store, string name, int number, string[] marks)
    {
        try
        {
            var m = store.Find(name, FormattableString.Invariant($"{number}"))!.Manifest;
            var metrics = store.Results(name, number).Latest(m.Metrics).Take(3).Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.Key} {f.Value:G4}"));
            return $"{number,4}  {m.Created.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}  {m.Objective}  {string.Join(", ", marks)}  {string.Join(", ", metrics)}";
        }
        catch (CheckpointException damage)
        {
            return $"{number,4}  damaged: {damage.Message}";
        }
    }
}
