using Diffusion.Checkpoints;
using Diffusion.Samplers;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// The x_0 with which one step of DDIM lands where two of a teacher land (Salimans and Ho 2022, appendix G), for a student of N steps.
/// With r = sigma_s / sigma_t and the teacher's z_s it is (z_s - r z_t) / (alpha_s - r alpha_t).
/// </summary>
/// <remarks>
/// All steps are rows z' = A z + B x_0 of the sampler's own table, unclipped. In them the same number is the mean of the teacher's two
/// estimates with the weights A_2 B_1 and B_2, which sum to B of the whole step: so nothing is subtracted that is nearly equal, and at
/// s = 0, where A_2 is 0, it is the second estimate. Everything runs in the type of the images.
/// </remarks>
internal sealed class ProgressiveTarget
{
    private readonly DenoiserTraits model;
    private readonly SamplerRow[] whole, parts;

    /// <param name="model">Student and teacher.</param>
    /// <param name="steps">N; twice as many must find a place in the schedule.</param>
    /// <exception cref="SamplingOptionException">They do not.</exception>
    public ProgressiveTarget(DenoiserTraits model, int steps)
    {
        this.model = model;
        (whole, parts) = (Table(model, steps), Table(model, 2 * steps));
    }

    /// <summary>N.</summary>
    public int Steps => whole.Length;

    /// <summary>The student's rows, from t = T down.</summary>
    public IReadOnlyList<SamplerRow> Whole => whole;

    /// <summary>The teacher's rows; those of the student's row k are 2 k and 2 k + 1.</summary>
    public IReadOnlyList<SamplerRow> Parts => parts;

    /// <summary>t in 1..T at a row of the student, 0 standing at t = T.</summary>
    public int Time(int place) => Time(whole[place]);

    /// <summary>The row of the student for any t in 1..T: the one at the first of its times from there up.</summary>
    public int PlaceOf(int t) => (int)((long)(model.Schedule.Steps - t) * Steps / model.Schedule.Steps);

    /// <summary>How a sampler is asked for these steps.</summary>
    public static SamplingDefaults Sampling(int steps) => new("ddim", steps, Options: new Dictionary<string, string> { ["spacing"] = "trailing", ["clip"] = "off" });

    /// <summary>The targets, [B, C, H, W].</summary>
    /// <param name="noisy">z_t of each, [B, C, H, W].</param>
    /// <param name="places">The student's row of each.</param>
    /// <param name="teacher">The teacher's estimates of x_0 for images at the times t in 1..T.</param>
    public Tensor Of(Tensor noisy, int[] places, Func<Tensor, int[], Tensor> teacher)
    {
        var (first, second) = (Array.ConvertAll(places, k => parts[2 * k]), Array.ConvertAll(places, k => parts[2 * k + 1]));
        var early = teacher(noisy, Array.ConvertAll(first, Time));
        var late = teacher(noisy.mul(Column(noisy, first, r => r.A)).add(early.mul(Column(noisy, first, r => r.B))), Array.ConvertAll(second, Time));
        var shares = first.Zip(second, (a, b) => b.A * a.B / (b.A * a.B + b.B)).ToArray();
        return early.mul(Column(noisy, shares, s => s)).add(late.mul(Column(noisy, shares, s => 1 - s)));
    }

    private static SamplerRow[] Table(DenoiserTraits model, int steps)
    {
        var asked = Sampling(steps);
        var sampler = SamplerCatalog.Find(asked.Sampler)!;
        return [.. sampler.Compile(model, new SamplingOptions(sampler, steps, asked.Options)).Rows];
    }

    private static int Time(SamplerRow row) => row.TimeIndex + 1;

    private static Tensor Column<T>(Tensor like, T[] rows, Func<T, double> of) =>
        tensor(Array.ConvertAll(rows, r => of(r)), [rows.Length, 1, 1, 1], dtype: like.dtype, device: like.device);
}
