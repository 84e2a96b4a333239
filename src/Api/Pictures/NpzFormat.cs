using System.IO.Compression;

namespace Diffusion.Api.Pictures;

/// <summary>
/// Arrays as numpy.load reads them: <c>images</c> uint8 and <c>values</c> float32 in [-1, 1], both [N, H, W, C];
/// <c>labels</c> int32 [N], -1 for none; <c>seed</c>; and where frames were kept <c>steps</c> and <c>times</c> int32 [F]
/// and <c>x_t</c>, <c>x0</c>, <c>memory</c> float32 [F, N, H, W, C].
/// </summary>
internal sealed class NpzFormat() : PictureFormat("npz", "application/x-npz")
{
    public override bool HoldsFrames => true;

    public override byte[] Pack(PictureSet pictures)
    {
        var result = pictures.Result;
        int[] shape = [result.Count, result.Height, result.Width, result.Channels];
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("images", NpyArray.Of(RawArrays.Bytes(result.Values, result), shape));
            Add("values", NpyArray.Of(RawArrays.Floats(result.Values, result), shape));
            Add("labels", NpyArray.Of([.. result.Labels.Select(l => l ?? -1)]));
            Add("seed", NpyArray.Of(pictures.Facts.Seed));
            if (result.Trajectory is { } trajectory)
            {
                Add("steps", NpyArray.Of([.. trajectory.Steps]));
                Add("times", NpyArray.Of([.. trajectory.Times]));
                foreach (var (kind, values) in trajectory.Kinds) Add(kind, NpyArray.Of(RawArrays.Floats(values, result), [trajectory.Steps.Count, .. shape]));
            }

            void Add(string name, NpyArray array)
            {
                using var stream = archive.CreateTimelessEntry(name + ".npy").Open();
                array.Write(stream);
            }
        }
        return file.ToArray();
    }
}
