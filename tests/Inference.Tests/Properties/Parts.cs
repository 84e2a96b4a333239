using Diffusion.Inference.Batching;
using Diffusion.Inference.Engine;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Tests.Analytic;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>What a run is played with; a mutant replaces one of these by one that is broken.</summary>
internal sealed record Parts
{
    /// <summary>What the service registers.</summary>
    public static Parts Sound { get; } = new();

    public ISchedulingPolicy Policy { get; init; } = PolicyCatalog.All[0];

    /// <summary>Given the device, what the engine sees in its place.</summary>
    public Func<IDevice, IDevice> Device { get; init; } = device => device;

    /// <summary>Changes the service after it is built.</summary>
    public Action<AnalyticRig> Rig { get; init; } = _ => { };

    /// <summary>How a request comes in.</summary>
    public Func<AnalyticRig, GenerationRequest, Generation> Submit { get; init; } = (rig, request) => rig.Service.Submit(request);
}
