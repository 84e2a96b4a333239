using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;

namespace Diffusion.Inference.Store;

/// <summary>The results: one safetensors file a generation, written aside, flushed and renamed, so that a name stands for a whole file.</summary>
internal sealed class ResultFiles(string folder)
{
    private const string Suffix = ".safetensors", Aside = ".new-", Pictures = "pictures", Steps = "frames.steps", Times = "frames.times", Frames = "frames.", Format = "format", CurrentFormat = "1";

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
        new(Pictures, DType.F32, [result.Count, result.Channels, result.Height, result.Width], Bytes(result.Values)),
        .. result.Trajectory is { } kept ? ToTensors(kept, result) : [],
    ];

    private static IEnumerable<SafeTensor> ToTensors(Trajectory kept, GenerationResult result)
    {
        yield return new(Steps, DType.I32, [kept.Steps.Count], Bytes(kept.Steps.ToArray()));
        yield return new(Times, DType.I32, [kept.Times.Count], Bytes(kept.Times.ToArray()));
        foreach (var (kind, values) in kept.Kinds)
            yield return new(Frames + kind, DType.F32, [kept.Steps.Count, result.Count, result.Channels, result.Height, result.Width], Bytes(values));
    }

    private static GenerationResult FromTensors(SafeTensorFile file, GenerationRecord record)
    {
        var pictures = file[Pictures];
        if (pictures is not { Type: DType.F32, Shape: [var count, var channels, var height, var width] })
            throw new SafeTensorsException($"'{Pictures}' is not F32 [N, C, H, W].", Pictures);
        var labels = record.Request.Labels;
        return new GenerationResult(
            Values<float>(file, Pictures), (int)count, (int)channels, (int)height, (int)width,
            [.. Enumerable.Range(0, (int)count).Select(i => labels.Count == 0 ? (int?)null : labels[i % labels.Count])],
            record.QueueMilliseconds ?? 0, record.SampleMilliseconds ?? 0)
        {
            Trajectory = file.Tensors.ContainsKey(Steps) ? TrajectoryOf(file, pictures) : null,
        };
    }

    private static Trajectory TrajectoryOf(SafeTensorFile file, SafeTensorEntry pictures)
    {
        var steps = Values<int>(file, Steps);
        return new(steps, Values<int>(file, Times), Kind(FrameKinds.Noisy), Kind(FrameKinds.Clean), Kind(FrameKinds.Memory));

        float[]? Kind(string kind)
        {
            if (!file.Tensors.TryGetValue(Frames + kind, out var entry)) return null;
            if (entry.Type != DType.F32 || !entry.Shape.SequenceEqual([steps.Length, .. pictures.Shape]))
                throw new SafeTensorsException($"'{entry.Name}' is not F32 [F, N, C, H, W] of the pictures and steps beside it.", entry.Name);
            return Values<float>(file, entry.Name);
        }
    }

    private static T[] Values<T>(SafeTensorFile file, string name)
        where T : unmanaged
    {
        var values = new T[file[name].Bytes / Unsafe.SizeOf<T>()];
        file.Read(name, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
