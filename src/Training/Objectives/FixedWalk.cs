using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// The walk <c>fixed</c> of DDDM (Zhang et al. 2024, algorithm 2): x_T and t = T stay, and x^n = f(x_T, x^(n-1)) from a noise memory x^0. It is a
/// fixed-point iteration; how far each evaluation still goes says whether more of them give another picture.
/// </summary>
/// <param name="estimate">f with x_T: the estimate for a memory, both [B, C, H, W].</param>
internal sealed class FixedWalk(Func<Tensor, Tensor> estimate)
{
    /// <summary>Evaluations at most; a walk of more is not looked at to its end.</summary>
    public const int Most = 10;

    /// <summary>Evaluations at least: one makes no change.</summary>
    public const int Least = 2;

    private const string Change = "sampleChange";

    /// <summary>Goes it.</summary>
    /// <param name="memory">x^0, [B, C, H, W].</param>
    /// <param name="evaluations">n of the last estimate; brought into 2..10.</param>
    /// <returns>x^1, and the root mean square of x^n - x^(n-1) as <c>sampleChange.n</c> for n = 2, 3, ...</returns>
    public (float[] First, IReadOnlyList<KeyValuePair<string, double>> Changes) Go(Tensor memory, int evaluations)
    {
        using var scope = NewDisposeScope();
        var last = estimate(memory);
        var (first, changes) = (Inputs.ToArray(last), new List<KeyValuePair<string, double>>());
        var before = first;
        for (var n = 2; n <= Math.Clamp(evaluations, Least, Most); n++)
        {
            var next = estimate(last);
            last.Dispose();
            last = next;
            var values = Inputs.ToArray(next);
            changes.Add(new(string.Create(CultureInfo.InvariantCulture, $"{Change}.{n}"), Statistics.RootMeanSquare(before, values)));
            before = values;
        }
        return (first, changes);
    }
}
