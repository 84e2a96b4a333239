using Diffusion.Checkpoints;
using Diffusion.Inference.Jobs;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Models;

/// <summary>A version that is damaged serves nobody, and the list of models says why.</summary>
public sealed class DamagedModelTests : IDisposable
{
    private readonly Rig rig = new();

    public void Dispose() => rig.Dispose();

    private static GenerationRequest Request => new() { Model = Rig.Plain, Sampler = "ddim", Steps = 2, Seed = 1 };

    private string PublishDamaged(string file, Func<byte[], byte[]> damage)
    {
        var version = TinyModels.Publish(rig.Store, Rig.Plain, TinyModels.Network(classes: null), seed: 50);
        var path = Path.Combine(version.Folder, file);
        File.WriteAllBytes(path, damage(File.ReadAllBytes(path)));
        rig.Models.Refresh();
        return path;
    }

    private static byte[] Flip(byte[] bytes)
    {
        bytes[bytes.Length / 2] ^= 4;
        return bytes;
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("model.safetensors")]
    public void Refresh_DamagedNewestOfAModelThatIsNotLoaded_ServesTheOneBefore(string file)
    {
        PublishDamaged(file, Flip);
        PublishDamaged(file, bytes => bytes[..^9]);
        var model = rig.Models.Describe(Rig.Plain)!;
        Assert.Equal(1, model.Version);
        Assert.Equal([2, 3], model.Refused.Keys);
        Assert.All(model.Refused.Values, reason => Assert.Contains(file, reason, StringComparison.Ordinal));
        // the very first request gets the sound one
        Assert.Equal(1, rig.Finish(Request).Version);
    }

    [Fact]
    public void Refresh_AliasDefaultOnADamagedVersion_ServesTheNewestSoundOne()
    {
        PublishDamaged("model.safetensors", bytes => bytes);
        rig.Store.SetAlias(Rig.Plain, CheckpointStore.DefaultAlias, 1);
        var weights = rig.Store.Find(Rig.Plain, "1")!.PathOf(CheckpointVersion.WeightsFile);
        File.WriteAllBytes(weights, Flip(File.ReadAllBytes(weights)));
        using var fresh = new Models(rig);
        Assert.Equal(2, fresh.Registry.Describe(Rig.Plain)!.Version);
        Assert.Contains("SHA-256", fresh.Registry.Describe(Rig.Plain)!.Refused[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Refresh_DamagedAliases_KeepsWhatWasKnownAndSaysSo()
    {
        PublishDamaged("model.safetensors", bytes => bytes);
        rig.Store.SetAlias(Rig.Plain, CheckpointStore.DefaultAlias, 1);
        rig.Models.Refresh();
        var path = Path.Combine(rig.Store.Root, Rig.Plain, "aliases.json");
        File.WriteAllBytes(path, Flip(File.ReadAllBytes(path)));
        rig.Models.Refresh();
        var model = rig.Models.Describe(Rig.Plain)!;
        Assert.Equal((1, 1), (model.Version, model.Aliases[CheckpointStore.DefaultAlias]));
        Assert.Contains("aliases.json", model.Problem, StringComparison.Ordinal);
        // the other models, and a service that starts now, are not held up by it
        using var fresh = new Models(rig);
        Assert.Equal(3, fresh.Registry.Describe().Count);
        File.Delete(path);
        rig.Models.Refresh();
        Assert.Null(rig.Models.Describe(Rig.Plain)!.Problem);
    }

    [Fact]
    public void Refresh_DamagedVersionThatIsDeleted_IsForgotten()
    {
        PublishDamaged("model.safetensors", Flip);
        rig.Store.DeleteVersion(Rig.Plain, 2);
        rig.Models.Refresh();
        Assert.Empty(rig.Models.Describe(Rig.Plain)!.Refused);
    }

    /// <summary>The registry of a service that starts now.</summary>
    private sealed class Models(Rig rig) : IDisposable
    {
        public Inference.Models.ModelRegistry Registry { get; } = new(
            rig.Store, Microsoft.Extensions.Options.Options.Create(new InferenceOptions()), Microsoft.Extensions.Logging.Abstractions.NullLogger<Inference.Models.ModelRegistry>.Instance);

        public void Dispose() => Registry.Dispose();
    }
}
