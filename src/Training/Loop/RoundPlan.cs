namespace Diffusion.Training.Loop;

/// <summary>
/// How the steps of a run are cut into rounds, each of which begins anew: with its own learning rate from full to end, without the optimiser's
/// memory, and from the averaged weights of the round before. Every run is one round but that of a chain.
/// </summary>
internal sealed class RoundPlan
{
    private readonly Round[] rounds;

    /// <param name="lengths">Steps of each round, in order; at least one round.</param>
    public RoundPlan(IEnumerable<int> lengths)
    {
        var start = 0;
        rounds = [.. lengths.Select((length, number) =>
        {
            var round = new Round(number, start, length);
            start = checked(start + length);
            return round;
        })];
        Steps = start;
    }

    /// <summary>How many.</summary>
    public int Count => rounds.Length;

    /// <summary>Steps of all of them.</summary>
    public int Steps { get; }

    /// <summary>The round of a 0-based step; the last one beyond the end.</summary>
    public Round Of(int step) => rounds.FirstOrDefault(r => step < r.End, rounds[^1]);

    /// <summary>The round whose student there is after so many steps.</summary>
    public Round After(int done) => Of(Math.Max(0, done - 1));

    /// <summary>Whether a round ends with so many steps done.</summary>
    public bool Ends(int done) => rounds.Any(r => r.End == done);

    /// <summary>Whether a step is the first of a round, other than the first round.</summary>
    public bool Begins(int step) => step > 0 && step < Steps && Ends(step);
}

/// <summary>A round.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Start">Its first step.</param>
/// <param name="Length">Steps.</param>
internal readonly record struct Round(int Number, int Start, int Length)
{
    /// <summary>The step after its last.</summary>
    public int End => Start + Length;
}
