using System.Numerics;
using Diffusion.Checkpoints;

namespace Diffusion.Training.Jobs;

/// <summary>What an objective of kind <c>progressive</c> has beside the others.</summary>
internal static class ProgressiveReader
{
    private const int MostSteps = 1 << 20;

    private static readonly string[] Names = ["teacher", "from", "to", "doubledRounds"];

    /// <returns>Null for an objective of another kind.</returns>
    public static ProgressiveSettings? Read(JobFields fields, string kind)
    {
        if (kind != ObjectiveSettings.Progressive)
        {
            foreach (var name in Names)
                if (fields.Has(name)) fields.Complain(name, "belongs to the progressive objective");
            return null;
        }
        var teacher = fields.Section("teacher");
        var settings = new ProgressiveSettings
        {
            Teacher = new ParentReference(teacher.Name("model"), teacher.Int("version", 1, int.MaxValue, TrainingJobReader.NewestVersion)),
            From = fields.Int("from", 2, MostSteps),
            To = fields.Int("to", 1, MostSteps, 1),
            DoubledRounds = fields.Int("doubledRounds", 0, BitOperations.Log2(MostSteps), 0),
        };
        teacher.Close();
        if (!fields.Has("from")) return settings;
        if (settings.From < 2 * settings.To || settings.From % settings.To != 0 || !BitOperations.IsPow2(settings.From / settings.To))
            fields.Complain("from", "must be to times 2, 4, 8, ...: every round halves the steps");
        else if (settings.DoubledRounds > settings.Rounds) fields.Complain("doubledRounds", $"is more than the {settings.Rounds} rounds from {settings.From} to {settings.To}");
        return settings;
    }

    /// <summary>What the rest of the job must not say, because it follows from the round or the teacher.</summary>
    public static void Check(JobFields root, DenoiserJob job)
    {
        if (job.Objective.Chain is not { } chain) return;
        if (chain.From > job.Schedule.Steps) root.Complain("objective.from", "is more than schedule.steps");
        if (root.Has("initialFrom")) root.Complain("initialFrom", "cannot stand beside objective.teacher: a student starts from its teacher's weights");
        if (root.Has("sampling")) root.Complain("sampling", "follows from the round: ddim with the student's steps at the times it has learned");
    }
}
