using Diffusion.Schedules;
using Diffusion.Training.Jobs;
using Diffusion.Training.Loop;
using static TorchSharp.torch;

namespace Diffusion.Training.Objectives;

/// <summary>
/// A target that ties the noise to the picture, after consistency training (Song et al. 2023): the estimate that a
/// network makes, without gradient, from the same noise, label and memory at the earlier time t - gap. Where that is 0
/// or less the target is the image itself.
/// </summary>
internal sealed class ConsistencyTarget(ConsistencySettings settings, NoiseSchedule schedule, CleanEstimator teacher, Inputs inputs)
{
    /// <summary>Steps between t and the target's time at a share of the run; from gapStart T to gapEnd T, geometrically.</summary>
    public int Gap(double progress) =>
        Math.Max(1, (int)Math.Round(schedule.Steps * settings.GapStart * Math.Pow(settings.GapEnd / settings.GapStart, progress)));

    /// <summary>Targets of a batch, clipped to [-1, 1] as sampling clips every estimate.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="memory">What the network was shown.</param>
    public float[] Of(TrainingBatch batch, float[] memory)
    {
        var target = (float[])batch.Clean.Clone();
        var pixels = target.Length / batch.Count;
        var gap = Gap(batch.Progress);
        var rows = ImageRows.Where(batch.Count, i => batch.Times[i] > gap);
        if (rows.Length == 0) return target;
        var times = Array.ConvertAll(rows, i => batch.Times[i] - gap);
        var noisy = new float[rows.Length * pixels];
        for (var k = 0; k < rows.Length; k++)
            BatchSource.Diffuse(schedule, times[k], Row(batch.Clean, rows[k]), Row(batch.Noise, rows[k]), noisy.AsSpan(k * pixels, pixels));

        using var scope = NewDisposeScope();
        var labels = inputs.Labels(ImageRows.Take(batch.Labels, rows));
        var estimates = teacher.Of(inputs.Images(noisy), times, labels, inputs.Images(ImageRows.Take(memory, pixels, rows)));
        ImageRows.Put(target, pixels, rows, Inputs.ToArray(estimates));
        return target;

        ReadOnlySpan<float> Row(float[] images, int row) => images.AsSpan(row * pixels, pixels);
    }
}
