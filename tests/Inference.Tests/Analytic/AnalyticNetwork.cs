using Diffusion.Checkpoints;

namespace Diffusion.Inference.Tests.Analytic;

/// <summary>A network of one line, out = k x + g(t, label) + m h: what a picture must become can be said without the engine.</summary>
/// <param name="Gain">k; every version has its own, so that a picture tells which version made it.</param>
/// <param name="Memory">m; 0 for a network without a memory input.</param>
/// <param name="Times">T.</param>
internal sealed record AnalyticNetwork(float Gain, float Memory, int Times)
{
    public static AnalyticNetwork Of(CheckpointManifest manifest) =>
        new(0.25f + 0.5f / (1 + manifest.Seed), manifest.Network.Memory ? 0.25f : 0, manifest.Schedule.Steps);

    /// <summary>One value of the output.</summary>
    public float Output(float x, float history, int time, int? label) =>
        Gain * x + (float)time / Times - 0.125f * (label ?? -1) + Memory * history;

    /// <summary>One value of the output after guidance: u + s (c - u).</summary>
    public float Guided(float x, float history, int time, int? label, float guidance)
    {
        if (label is null) return Output(x, history, time, null);
        var unconditional = Output(x, history, time, null);
        return unconditional + guidance * (Output(x, history, time, label) - unconditional);
    }
}
