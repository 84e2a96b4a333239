using System.Globalization;

namespace Diffusion.Api.Tests.Faults;

/// <summary>
/// How often faults are repeated: a few times among the other tests, <c>DIFFUSION_FAULT_ROUNDS=100</c> for a long run by
/// hand, <c>DIFFUSION_FAULT_SEED=2</c> for other moments.
/// </summary>
internal static class FaultRounds
{
    public static int Count { get; } = Of("DIFFUSION_FAULT_ROUNDS", 4);

    public static int Seed { get; } = Of("DIFFUSION_FAULT_SEED", 1);

    private static int Of(string name, int fallback) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : fallback;
}
