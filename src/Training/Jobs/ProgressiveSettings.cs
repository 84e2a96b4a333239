using System.Numerics;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Jobs;

/// <summary>
/// A chain of progressive distillation (Salimans and Ho 2022, algorithm 2): in every round a student learns to take one step of DDIM for two
/// of its teacher's, and is the teacher of the next.
/// </summary>
internal sealed record ProgressiveSettings
{
    /// <summary>The first teacher; a version of <see cref="TrainingJobReader.NewestVersion"/> is settled when the run begins.</summary>
    public required ParentReference Teacher { get; init; }

    /// <summary>Steps of the first teacher, <see cref="To"/> times a power of 2.</summary>
    public required int From { get; init; }

    /// <summary>Steps of the last student.</summary>
    public int To { get; init; } = 1;

    /// <summary>How many of the last rounds are twice as long.</summary>
    public int DoubledRounds { get; init; }

    /// <summary>Halvings.</summary>
    public int Rounds => BitOperations.Log2((uint)(From / To));

    /// <summary>N, the steps of the student of a round (0-based); its teacher has 2 N.</summary>
    public int StepsOf(int round) => From >> (round + 1);

    /// <summary>Training steps of each round.</summary>
    /// <param name="steps">Of a round of the usual length.</param>
    public IEnumerable<int> Lengths(int steps) => Enumerable.Range(0, Rounds).Select(r => r < Rounds - DoubledRounds ? steps : 2 * steps);
}
