using System.Text.Json;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Imports;

/// <summary>Where uploads lie: <c>ID/import.json</c> and <c>ID/NAME.zip</c>.</summary>
internal sealed class ImportFolder
{
    private const string Record = "import.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly string root;

    public ImportFolder(string root)
    {
        this.root = root;
        Directory.CreateDirectory(root);
    }

    /// <summary>The bytes of an upload; whether it is a NumPy archive, its names tell.</summary>
    public string ContentOf(SetImport import) => Path.Combine(root, import.Id, $"{import.Name}.zip");

    /// <summary>All records. What a process left that died in the middle of something is put right.</summary>
    public SortedDictionary<string, SetImport> Load()
    {
        var found = new SortedDictionary<string, SetImport>(StringComparer.Ordinal);
        foreach (var folder in Directory.EnumerateDirectories(root))
        {
            var path = Path.Combine(folder, Record);
            foreach (var left in Directory.EnumerateFiles(folder, "*.tmp")) File.Delete(left);
            if (!File.Exists(path))
            {
                Directory.Delete(folder, recursive: true);
                continue;
            }
            var import = JsonSerializer.Deserialize<SetImport>(File.ReadAllBytes(path), Json) ?? throw new InvalidDataException($"{path} is empty.");
            if (import.IsOver) File.Delete(ContentOf(import));
            found[import.Id] = import;
        }
        return found;
    }

    /// <exception cref="ImportStoreException">It cannot be written.</exception>
    public void Write(SetImport import) => OnDisk(() =>
    {
        var folder = Path.Combine(root, import.Id);
        Directory.CreateDirectory(folder);
        Durable.ReplaceFile(Path.Combine(folder, Record), JsonSerializer.SerializeToUtf8Bytes(import, Json));
    });

    /// <exception cref="ImportStoreException">It is not there.</exception>
    public void RequireRoom(long bytes)
    {
        var free = new DriveInfo(Path.GetFullPath(root)).AvailableFreeSpace;
        if (free < bytes) throw new ImportStoreException($"The disk has {free} bytes left, and the upload has {bytes}.");
    }

    /// <exception cref="ImportStoreException">It cannot be removed.</exception>
    public void DropContent(SetImport import) => OnDisk(() => File.Delete(ContentOf(import)));

    /// <summary>The record goes first: what is left without one is no upload.</summary>
    /// <exception cref="ImportStoreException">It cannot be removed.</exception>
    public void Remove(SetImport import) => OnDisk(() =>
    {
        var folder = Path.Combine(root, import.Id);
        if (!Directory.Exists(folder)) return;
        File.Delete(Path.Combine(folder, Record));
        Directory.Delete(folder, recursive: true);
    });

    private static void OnDisk(Action act)
    {
        try
        {
            act();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ImportStoreException("The records of uploads cannot be written now.", failure);
        }
    }
}
