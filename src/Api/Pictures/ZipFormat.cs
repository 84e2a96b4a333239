using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Diffusion.Api.Contracts;
using Diffusion.Imaging;

namespace Diffusion.Api.Pictures;

/// <summary>PNG files with a metadata.json, and the frames that were kept as <c>frames/KIND/NNNN-step-SSSS.png</c>.</summary>
internal sealed class ZipFormat() : PictureFormat("zip", "application/zip")
{
    public override bool HoldsFrames => true;

    public override byte[] Pack(PictureSet pictures)
    {
        var result = pictures.Result;
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < result.Count; i++) Add(NameOf(i), ImageEncoder.Encode(pictures.Pictures[i], "png"));
            var metadata = pictures.Describe(i => new GeneratedImage(i, result.Labels[i], null, NameOf(i)));
            Add("metadata.json", JsonSerializer.SerializeToUtf8Bytes(metadata, JsonFormat.Indented));
            if (result.Trajectory is { } trajectory)
            {
                foreach (var (kind, values) in trajectory.Kinds)
                    for (var i = 0; i < trajectory.Steps.Count * result.Count; i++)
                        Add(NameOf(kind, i % result.Count, trajectory.Steps[i / result.Count]), ImageEncoder.Encode(pictures.Cut(values, i), "png"));
            }

            void Add(string name, byte[] bytes)
            {
                using var stream = archive.CreateTimelessEntry(name).Open();
                stream.Write(bytes);
            }
        }
        return file.ToArray();
    }

    private static string NameOf(int picture) => string.Create(CultureInfo.InvariantCulture, $"{picture:0000}.png");

    private static string NameOf(string kind, int picture, int step) => string.Create(CultureInfo.InvariantCulture, $"frames/{kind}/{picture:0000}-step-{step:0000}.png");
}
