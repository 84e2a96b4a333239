using System.IO.Compression;
using Diffusion.Api.Contracts;
using Diffusion.Api.Pictures;
using Diffusion.Training.Commands;

namespace Diffusion.Api.Commands;

/// <summary>Where a command writes its pictures: a file, or a folder of PNG files with a metadata.json.</summary>
/// <param name="Path">As it was given.</param>
/// <param name="IsFolder">Its name ends in a slash.</param>
/// <param name="Format">What the end of its name says; null if that says nothing.</param>
internal sealed record PictureFile(string Path, bool IsFolder, PictureFormat? Format)
{
    /// <summary>Those that <c>--out</c> names.</summary>
    /// <exception cref="CommandException">None is named, or one is there already.</exception>
    public static IReadOnlyList<PictureFile> Read(CommandArguments arguments)
    {
        var files = arguments.Text("out", "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Of).ToArray();
        if (files.Length == 0) throw new CommandException("--out is missing: the file or the folder/ to write.");
        if (files.FirstOrDefault(f => File.Exists(f.Path) || Directory.Exists(f.Path)) is { } there) throw new CommandException($"'{there.Path}' is there already.");
        return files;
    }

    /// <summary>The form of the file: what the request says, for a folder its own, else what the file's name says.</summary>
    public PictureFormat FormatOf(GenerateCommand command) => IsFolder ? PictureFormat.Zip : command.Format ?? Format ?? PictureFormat.Png;

    /// <summary>Writes the pictures aside and moves them into their place.</summary>
    public void Write(PictureSet pictures, PictureFormat format)
    {
        var packed = format.Pack(pictures);
        if (!IsFolder)
        {
            Write(packed);
            return;
        }
        var (folder, aside) = (Path.TrimEnd('/'), Aside());
        try
        {
            using var archive = new ZipArchive(new MemoryStream(packed));
            archive.ExtractToDirectory(aside);
            Directory.Move(aside, folder);
        }
        finally
        {
            if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>Writes bytes aside and moves them into their place.</summary>
    public void Write(byte[] bytes)
    {
        var aside = Aside();
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }
            File.Move(aside, Path);
        }
        finally
        {
            File.Delete(aside);
        }
    }

    private string Aside() => $"{Path.TrimEnd('/')}.{Guid.NewGuid():N}.tmp";

    private static PictureFile Of(string path)
    {
        if (path.EndsWith('/')) return new PictureFile(path, IsFolder: true, null);
        return new PictureFile(path, IsFolder: false, PictureFormat.Find(System.IO.Path.GetExtension(path).TrimStart('.')));
    }
}
