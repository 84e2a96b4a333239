using Diffusion.Checkpoints;
using Diffusion.Inference.Tests.Analytic;
using Diffusion.Testing;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>Models that every run reads and none writes.</summary>
internal static class SharedModels
{
    /// <summary>A version that is loaded when it is asked for, and leaves memory after its last request.</summary>
    public const string Older = AnalyticRig.Labelled + "@1";

    private static readonly TemporaryFolder Shared = new();

    static SharedModels()
    {
        var store = new CheckpointStore(Shared.Path, TimeProvider.System);
        AnalyticRig.Publish(store, AnalyticRig.Labelled, memory: false);
        AnalyticRig.Publish(store, AnalyticRig.Labelled, memory: false);
        AnalyticRig.Publish(store, AnalyticRig.Memory, memory: true);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Shared.Dispose();
    }

    public static string Folder => Shared.Path;
}
