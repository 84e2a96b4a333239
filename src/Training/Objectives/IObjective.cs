using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>What a run learns: the loss of a batch, and what has to be remembered between steps.</summary>
internal interface IObjective : IDisposable
{
    /// <summary>The mean loss over the batch, 0-dimensional, with gradient. Called inside a dispose scope.</summary>
    Tensor Loss(TrainingBatch batch);

    /// <summary>Called once the step has been taken.</summary>
    void Commit(TrainingBatch batch);

    /// <summary>Brings what is kept outside the weights to the disk.</summary>
    void Flush();

    /// <summary>Further figures of the last step for the metrics, by name.</summary>
    IReadOnlyDictionary<string, double> Figures { get; }
}
