using System.Security.Cryptography;
using System.Text.Json;

namespace Diffusion.Checkpoints;

/// <summary>
/// <c>v000001.results.ndjson</c> beside a version: a sealed line for each result, chained to the line before and the first
/// to the manifest. It only grows, and is replaced as a whole.
/// </summary>
internal static class ResultLog
{
    /// <summary>Most lines, so that the file stays small enough to be replaced as a whole.</summary>
    public const int MostLines = 1000;

    private const int MaximumBytes = 64 << 20;

    private static readonly JsonSerializerOptions Options = new(ManifestJson.Options) { WriteIndented = false };

    public static string PathOf(string versionFolder) => $"{versionFolder}.results.ndjson";

    /// <summary>The lines up to the first that is damaged.</summary>
    public static (VersionResults Results, byte[] Whole, string Last) Read(string versionFolder)
    {
        var path = PathOf(versionFolder);
        var previous = ManifestDigest(versionFolder);
        if (!File.Exists(path)) return (new([], null), [], previous);
        if (new FileInfo(path).Length is > MaximumBytes and var length) return (new([], $"'{path}' has {length} bytes; the limit is {MaximumBytes}."), [], previous);
        var bytes = File.ReadAllBytes(path);
        var results = new List<VersionResult>();
        var at = 0;
        while (at < bytes.Length)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', at);
            if (end < 0 || Parse(bytes.AsSpan(at, end - at), previous) is not { } line)
                return (new(results, $"'{path}' is damaged in line {results.Count + 1}; what follows is not believed."), bytes[..at], previous);
            results.Add(line.Result);
            previous = Seal.Line.Of(bytes.AsSpan(at, end - at))!;
            at = end + 1;
        }
        return (new(results, null), bytes, previous);
    }

    /// <summary>The file with one more line.</summary>
    public static byte[] Appended(byte[] whole, string last, VersionResult result) =>
        [.. whole, .. Seal.Line.Close(JsonSerializer.SerializeToUtf8Bytes(new ResultLine(last, result), Options)), (byte)'\n'];

    private static ResultLine? Parse(ReadOnlySpan<byte> line, string previous)
    {
        if (!Seal.Line.Holds(line)) return null;
        try
        {
            return JsonSerializer.Deserialize<ResultLine>(line, Options) is { } read && read.Previous == previous ? read : null;
        }
        catch (JsonException)
        {
            return null; // whoever sealed it wrote something else
        }
    }

    // of a deleted version the manifest is there under another name
    private static string ManifestDigest(string versionFolder)
    {
        var path = new[] { CheckpointStore.ManifestFile, CheckpointStore.DeletedFile }.Select(f => Path.Combine(versionFolder, f)).FirstOrDefault(File.Exists);
        return path is null ? "" : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
    }

    private sealed record ResultLine(string Previous, VersionResult Result);
}
