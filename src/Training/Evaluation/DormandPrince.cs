namespace Diffusion.Training.Evaluation;

/// <summary>Derivatives of some states of a batch.</summary>
/// <param name="rows">Which members of the batch they belong to.</param>
/// <param name="at">The place of each.</param>
/// <param name="states">The states, one each.</param>
internal delegate double[][] FlowField(int[] rows, double[] at, double[][] states);

/// <summary>
/// The adaptive Runge-Kutta pair of Dormand and Prince 1980, of order 5 with an error estimate of order 4, for many independent ODEs at once.
/// Each has its own step, so that no member of a batch moves another; those that are at the end leave the batch.
/// </summary>
internal static class DormandPrince
{
    private const double Safety = 0.9, Least = 0.2, Most = 10, Rounding = 1e-12;

    // the tableau; the last row is the step of order 5, whose derivative is the first of the next step
    private static readonly double[] Nodes = [0, 1 / 5.0, 3 / 10.0, 4 / 5.0, 8 / 9.0, 1, 1];

    private static readonly double[][] Weights =
    [
        [],
        [1 / 5.0],
        [3 / 40.0, 9 / 40.0],
        [44 / 45.0, -56 / 15.0, 32 / 9.0],
        [19372 / 6561.0, -25360 / 2187.0, 64448 / 6561.0, -212 / 729.0],
        [9017 / 3168.0, -355 / 33.0, 46732 / 5247.0, 49 / 176.0, -5103 / 18656.0],
        [35 / 384.0, 0, 500 / 1113.0, 125 / 192.0, -2187 / 6784.0, 11 / 84.0],
    ];

    // order 5 less order 4
    private static readonly double[] Errors = [71 / 57600.0, 0, -71 / 16695.0, 71 / 1920.0, -17253 / 339200.0, 22 / 525.0, -1 / 40.0];

    private sealed class Course(double[] state, double at, double step)
    {
        public double[] State { get; set; } = state;

        public double At { get; set; } = at;

        public double Step { get; set; } = step;

        public double[][] Slopes { get; } = new double[7][];

        public int Evaluations { get; set; }
    }

    /// <summary>Follows every ODE from one place to another, upwards.</summary>
    /// <param name="field">The derivatives.</param>
    /// <param name="starts">The states at <paramref name="from"/>.</param>
    /// <param name="from">Where they begin.</param>
    /// <param name="to">Where they end; above <paramref name="from"/>.</param>
    /// <param name="tolerance">Absolute and relative tolerance of a number, in the root mean square over the numbers of a state.</param>
    /// <param name="limit">Evaluations of one ODE at most.</param>
    /// <param name="stop">Stops between two steps.</param>
    /// <returns>The states at <paramref name="to"/>, and how many evaluations each took.</returns>
    /// <exception cref="EvaluationException">One takes more evaluations than the limit, or is no number any more.</exception>
    public static (double[][] Ends, int[] Evaluations) Solve(
        FlowField field, double[][] starts, double from, double to, double tolerance, int limit, CancellationToken stop)
    {
        var courses = Array.ConvertAll(starts, s => new Course(s, from, (to - from) / 100));
        int[] active = [.. Enumerable.Range(0, courses.Length)];
        Evaluate(field, courses, active, 0);
        while (active.Length > 0)
        {
            stop.ThrowIfCancellationRequested();
            foreach (var row in active) courses[row].Step = Math.Min(courses[row].Step, to - courses[row].At);
            for (var stage = 1; stage < Nodes.Length; stage++) Evaluate(field, courses, active, stage);
            foreach (var row in active) Finish(courses[row], to, tolerance, limit);
            active = [.. active.Where(row => courses[row].At < to)];
        }
        return (Array.ConvertAll(courses, c => c.State), Array.ConvertAll(courses, c => c.Evaluations));
    }

    private static void Evaluate(FlowField field, Course[] courses, int[] active, int stage)
    {
        var places = Array.ConvertAll(active, row => courses[row].At + Nodes[stage] * courses[row].Step);
        var slopes = field(active, places, Array.ConvertAll(active, row => Moved(courses[row], Weights[stage])));
        for (var i = 0; i < active.Length; i++)
        {
            courses[active[i]].Slopes[stage] = slopes[i];
            courses[active[i]].Evaluations++;
        }
    }

    private static double[] Moved(Course course, double[] weights)
    {
        var state = (double[])course.State.Clone();
        for (var stage = 0; stage < weights.Length; stage++)
        {
            var (slope, weight) = (course.Slopes[stage], course.Step * weights[stage]);
            for (var i = 0; i < state.Length; i++) state[i] += weight * slope[i];
        }
        return state;
    }

    private static void Finish(Course course, double to, double tolerance, int limit)
    {
        var next = Moved(course, Weights[^1]);
        var error = Error(course, next, tolerance);
        if (!double.IsFinite(error)) throw new EvaluationException("The probability flow of this model leaves the numbers; its likelihood cannot be measured.");
        if (course.Evaluations > limit) throw new EvaluationException($"The probability flow of an image takes more than {limit} evaluations; the likelihood of this model cannot be measured.");
        var factor = error == 0 ? Most : Math.Clamp(Safety * Math.Pow(error, -0.2), Least, Most);
        if (error <= 1)
        {
            // what is left of the last step by rounding is no step
            course.At = to - course.At - course.Step <= Rounding ? to : course.At + course.Step;
            (course.State, course.Slopes[0]) = (next, course.Slopes[6]);
        }
        else factor = Math.Min(1, factor);
        course.Step *= factor;
    }

    private static double Error(Course course, double[] next, double tolerance)
    {
        double sum = 0;
        for (var i = 0; i < next.Length; i++)
        {
            double error = 0;
            for (var stage = 0; stage < Errors.Length; stage++) error += Errors[stage] * course.Slopes[stage][i];
            var scaled = course.Step * error / (tolerance * (1 + Math.Max(Math.Abs(course.State[i]), Math.Abs(next[i]))));
            sum += scaled * scaled;
        }
        return Math.Sqrt(sum / next.Length);
    }
}
