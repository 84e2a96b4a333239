using Diffusion.Networks;
using Diffusion.Training.Objectives;
using static TorchSharp.torch;

namespace Diffusion.Training.Runs;

/// <summary>What a run makes: the network that is trained, its moving average, and what becomes of them.</summary>
internal interface ITrainee : IDisposable
{
    nn.Module Network { get; }

    nn.Module Average { get; }

    IObjective Objective { get; }

    /// <summary>How the network computes its activations again on the way back, or null where it keeps them.</summary>
    Recomputation? Recomputation => null;

    /// <summary>How batches are made noisy, or null.</summary>
    Loop.ForwardProcess? Forward { get; }

    /// <summary>Writes pictures of what the average makes by now.</summary>
    void Sample(int step);

    /// <summary>Publishes the average.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="images">Images seen.</param>
    /// <returns>The version, or null for what has none.</returns>
    int? Publish(int step, long images);
}
