using Diffusion.Checkpoints;
using Diffusion.Samplers;
using Diffusion.Testing;

namespace Diffusion.Api.Tests;

/// <summary>The models of <see cref="Service"/>.</summary>
internal static class TestModels
{
    public static void Publish(string folder)
    {
        var store = new CheckpointStore(folder, TimeProvider.System);
        TinyModels.Publish(store, Service.Plain, sampling: new SamplingDefaults("ddim", 4));
        TinyModels.Publish(store, Service.Memory, TinyModels.Network(memory: true), sampling: new SamplingDefaults("dddm", 2));
        var unlabelled = TinyModels.Publish(store, Service.Unlabelled, TinyModels.Network(classes: null), sampling: new SamplingDefaults("ddim", 4));
        PublishLong(store, Service.Long, unlabelled);
    }

    /// <summary>The same weights with T = 1000.</summary>
    public static void PublishLong(CheckpointStore store, string name, CheckpointVersion weights) => store.Publish(
        name, _ => weights.Manifest with { Schedule = new ScheduleReference("cosine", 1000) },
        into => File.Copy(weights.PathOf(CheckpointVersion.WeightsFile), Path.Combine(into, CheckpointVersion.WeightsFile)));
}
