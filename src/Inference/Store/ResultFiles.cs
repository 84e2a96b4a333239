using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>The results: one safetensors file a generation, written aside, flushed and renamed, so that a name stands for a whole file.</summary>
internal sealed class ResultFiles(string folder)
{
    private const string Suffix = ".safetensors", Aside = ".new-", Pictures = "pictures", Format = "format", CurrentFormat = "1";

    /// <summary>Writes the result of a generation and returns its bytes; an earlier one is replaced.</summary>
    public long Write(string id, GenerationResult result)
    {
        var path = PathOf(id);
        var shelf = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(shelf))
        {
            Directory.CreateDirectory(shelf);
            Durable.FlushFolder(folder);
        }
        var aside = Path.Combine(shelf, Aside + id);
        try
        {
            SafeTensors.Write(aside, ToTensors(result), new Dictionary<string, string> { [Format] = CurrentFormat });
            var bytes = new FileInfo(aside).Length;
            File.Move(aside, path, overwrite: true);
            Durable.FlushFolder(shelf);
            return bytes;
        }
        finally
        {
            // gone already if all went well
            File.Delete(aside);
        }
    }

    /// <summary>The result of a record, or null if it is not there.</summary>
    /// <exception cref="StoreUnavailableException">The file is damaged.</exception>
    public GenerationResult? Read(GenerationRecord record)
    {
        try
        {
            using var file = SafeTensorFile.Open(PathOf(record.Id));
            return FromTensors(file, record);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (SafeTensorsException damage)
        {
            throw new StoreUnavailableException($"The result of {record.Id} is damaged: {damage.Message}", damage);
        }
    }

    public void Delete(string id)
    {
        var path = PathOf(id);
        if (File.Exists(path)) File.Delete(path);
    }

    /// <summary>Removes what a crash left behind: half-written files, and results that no record knows.</summary>
    public int RemoveStrays(IReadOnlySet<string> known)
    {
        if (!Directory.Exists(folder)) return 0;
        var removed = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToArray())
        {
            var name = Path.GetFileName(path);
            if (name.EndsWith(Suffix, StringComparison.Ordinal) && known.Contains(name[..^Suffix.Length])) continue;
            File.Delete(path);
            removed++;
        }
        return removed;
    }

    // the end of an id is random, its beginning is the time
    private string PathOf(string id) => Path.Combine(folder, id[^2..], id + Suffix);

    private static SafeTensor[] ToTensors(GenerationResult result) =>
    [
        new(Pictures, DType.F32, [result.Count, result.Channels, result.Height, result.Width], MemoryMarshal.AsBytes(result.Values.AsSpan()).ToArray()),
    ];

    private static GenerationResult FromTensors(SafeTensorFile file, GenerationRecord record)
    {
        var pictures = file[Pictures];
        if (pictures is not { Type: DType.F32, Shape: [var count, var channels, var height, var width] })
            throw new SafeTensorsException($"'{Pictures}' is not F32 [N, C, H, W].", Pictures);
        var values = new float[pictures.Bytes / sizeof(float)];
        file.Read(Pictures, MemoryMarshal.AsBytes(values.AsSpan()));
        var labels = record.Request.Labels;
        return new GenerationResult(
            values, (int)count, (int)channels, (int)height, (int)width,
            [.. Enumerable.Range(0, (int)count).Select(i => labels.Count == 0 ? (int?)null : labels[i % labels.Count])],
            record.QueueMilliseconds ?? 0, record.SampleMilliseconds ?? 0);
    }
}
