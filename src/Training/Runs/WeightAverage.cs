using System.Runtime.InteropServices;
using System.Text.Json;
using Diffusion.Checkpoints;
using Diffusion.Training.Jobs;

namespace Diffusion.Training.Runs;

/// <summary>
/// A version whose weights are a weighted mean of those of others (Wortsman et al. 2022): runs that began at the same weights often lie
/// in one basin, and their mean is better than each.
/// </summary>
internal static class WeightAverage
{
    /// <summary>What is kept in the version: members and shares.</summary>
    public const string FileName = "average.json";

    /// <summary>Publishes the mean; everything but the weights is the last member's, whose child it is.</summary>
    /// <param name="store">Where the members are, and where the mean goes.</param>
    /// <param name="model">Name of the model.</param>
    /// <param name="members">Versions and their shares, two or more; shares are above 0 and add up to 1 after division by their sum.</param>
    /// <param name="cancellation">Stops before anything is visible.</param>
    /// <exception cref="TrainingJobException">A version is not there, or their networks differ.</exception>
    public static CheckpointVersion Publish(CheckpointStore store, string model, IReadOnlyList<(int Version, double Share)> members, CancellationToken cancellation)
    {
        var versions = members.Select(m => store.Find(model, $"{m.Version}") ?? throw new TrainingJobException([$"versions: {model} has no version {m.Version}."])).ToArray();
        var last = versions[^1].Manifest;
        foreach (var version in versions)
        {
            CheckpointStore.Verify(version);
            var other = version.Manifest;
            if (JsonSerializer.Serialize(other.Network) != JsonSerializer.Serialize(last.Network) || other.Prediction != last.Prediction || other.Schedule != last.Schedule)
                throw new TrainingJobException([$"versions: version {other.Version} differs from version {last.Version} in network, prediction or schedule."]);
        }
        var sum = members.Sum(m => m.Share);
        var shares = members.Select(m => m.Share / sum).ToArray();
        return store.Publish(model, _ => Manifest(last, members), into =>
        {
            SafeTensors.Write(Path.Combine(into, CheckpointVersion.WeightsFile), Mean(versions, shares));
            var told = members.Zip(shares, (member, share) => new Member(member.Version, share));
            File.WriteAllBytes(Path.Combine(into, FileName), JsonSerializer.SerializeToUtf8Bytes(told, new JsonSerializerOptions(JsonSerializerDefaults.Web) { WriteIndented = true }));
        }, cancellation);
    }

    private static CheckpointManifest Manifest(CheckpointManifest last, IReadOnlyList<(int Version, double Share)> members) => last with
    {
        Parent = new ParentReference(last.Model, last.Version),
        Parents = [.. members.Select(m => new LineageLink(last.Model, m.Version, LineageLink.Average))],
        Job = null,
        Origin = null,
        Metrics = new Dictionary<string, double>(),
    };

    private static List<SafeTensor> Mean(CheckpointVersion[] versions, double[] shares)
    {
        var files = versions.Select(v => SafeTensorFile.Open(v.PathOf(CheckpointVersion.WeightsFile))).ToArray();
        try
        {
            return [.. files[0].Tensors.Values.OrderBy(t => t.Offset).Select(t => Mean(t, [.. files.Select(f => f.Read(t.Name))], shares))];
        }
        finally
        {
            foreach (var file in files) file.Dispose();
        }
    }

    private static SafeTensor Mean(SafeTensorEntry tensor, byte[][] members, double[] shares)
    {
        if (tensor.Type != DType.F32) throw new TrainingJobException([$"versions: parameter {tensor.Name} is {tensor.Type}; F32 is averaged."]);
        var mean = new byte[tensor.Bytes];
        var values = MemoryMarshal.Cast<byte, float>(mean.AsSpan());
        for (var i = 0; i < values.Length; i++)
        {
            var total = 0.0;
            for (var m = 0; m < members.Length; m++) total += shares[m] * MemoryMarshal.Cast<byte, float>(members[m])[i];
            values[i] = (float)total;
        }
        return new SafeTensor(tensor.Name, tensor.Type, tensor.Shape, mean);
    }

    /// <summary>A line of <see cref="FileName"/>.</summary>
    private sealed record Member(int Version, double Share);
}
