using Diffusion.Samplers;
using Diffusion.Schedules;

namespace Diffusion.Training.Jobs;

/// <summary>What an objective of kind <c>consistency</c> has beside the others.</summary>
internal static class ConsistencyReader
{
    private static readonly string[] Names = ["initialSteps", "finalSteps", "logMean", "logDeviation", "gap"];

    /// <returns>Null for an objective of another kind.</returns>
    public static ConsistencyTrainingSettings? Read(JobFields fields, string kind, Prediction prediction, string schedule)
    {
        if (kind != ObjectiveSettings.Consistent)
        {
            foreach (var name in Names)
                if (fields.Has(name)) fields.Complain(name, "belongs to the consistency objective");
            if (prediction == Prediction.Consistency) fields.Complain("prediction", "consistency belongs to the consistency objective");
            return null;
        }
        var settings = new ConsistencyTrainingSettings
        {
            InitialSteps = fields.Int("initialSteps", 1, 100_000, 10),
            FinalSteps = fields.Int("finalSteps", 1, 100_000, 1280),
            LogMean = fields.Number("logMean", -20, 20, -1.1),
            LogDeviation = fields.Number("logDeviation", 0.01, 20, 2),
            Gap = fields.Word("gap", ["angle", "sigma"], schedule == VarianceExplodingSchedule.Name ? "sigma" : "angle") == "sigma" ? TimeGap.Sigma : TimeGap.Angle,
        };
        if (prediction != Prediction.Consistency) fields.Complain("prediction", "must be consistency: the boundary condition at t = 1 is part of it");
        if (settings.InitialSteps > settings.FinalSteps) fields.Complain("initialSteps", "is more than finalSteps");
        return settings;
    }

    /// <summary>c of Pseudo-Huber for images of so many numbers (Song and Dhariwal 2024, section 3.3).</summary>
    public static double UsualC(int numbers) => 0.00054 * Math.Sqrt(numbers);
}
