using Diffusion.Checkpoints;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>What a run learns: the loss of a batch, and what has to be remembered between steps.</summary>
internal interface IObjective : IDisposable
{
    /// <summary>The mean loss over the batch, or a part of it, 0-dimensional, with gradient. Called inside a dispose scope.</summary>
    Tensor Loss(TrainingBatch batch);

    /// <summary>Judges the averaged weights by a batch that is not trained on; leaves no trace in what is trained.</summary>
    /// <returns>The mean loss, and what else there is to say, by name.</returns>
    (double Loss, IReadOnlyDictionary<string, double> Figures) Validate(TrainingBatch batch);

    /// <summary>Called after <see cref="Loss"/>, once that loss is known to be a number.</summary>
    void Commit(TrainingBatch batch);

    /// <summary>Brings what is kept outside the weights to the disk.</summary>
    void Flush();

    /// <summary>What must be in a resume point besides the weights; asked for between two steps.</summary>
    IReadOnlyList<SafeTensor> State() => [];

    /// <summary>Takes up what <see cref="State"/> gave.</summary>
    /// <exception cref="SafeTensorsException">It is not in the file.</exception>
    void Restore(SafeTensorFile file) { }

    /// <summary>Called before the first step of each round but the first, when the network has the averaged weights of the round before.</summary>
    void BeginRound(Round round) { }

    /// <summary>Further figures of the last batch or part for the metrics, by name.</summary>
    IReadOnlyDictionary<string, double> Figures { get; }
}
