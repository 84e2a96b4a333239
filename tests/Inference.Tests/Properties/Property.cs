using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace Diffusion.Inference.Tests.Properties;

/// <summary>
/// Looks for a run that breaks a law. A failure prints the smallest run found and the seed; PROPERTY_REPLAY="seed,gamma,size"
/// plays that run again, and PROPERTY_RUNS sets how many there are.
/// </summary>
internal static class Property
{
    private const int Runs = 60, MutantRuns = 150;

    private static readonly Rnd MutantSeed = new(20260101, 1);

    /// <summary>Plays random runs; throws with the smallest one that breaks the law.</summary>
    public static void Holds(Gen<Script> scripts, Action<Script, Parts> law)
    {
        var runs = int.TryParse(Environment.GetEnvironmentVariable("PROPERTY_RUNS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Runs;
        var config = Config.QuickThrowOnFailure.WithMaxTest(runs).WithEndSize(60);
        if (Environment.GetEnvironmentVariable("PROPERTY_REPLAY")?.Trim('(', ')', ' ').Split(',') is [var seed, var gamma, .. var rest])
        {
            var rnd = new Rnd(ulong.Parse(seed, CultureInfo.InvariantCulture), ulong.Parse(gamma, CultureInfo.InvariantCulture));
            var size = rest.Length == 0 ? FSharpOption<int>.None : FSharpOption<int>.Some(int.Parse(rest[0], CultureInfo.InvariantCulture));
            config = config.WithReplay(FSharpOption<Replay>.Some(new Replay(rnd, size)));
        }
        Check.One(config, Prop.ForAll(Arb.ToArbitrary(scripts, Scripts.Shrink), script => law(script, Parts.Sound)));
    }

    /// <summary>What a law says of broken parts; null if it finds nothing. The runs are always the same.</summary>
    public static Violation? Find(Gen<Script> scripts, Action<Script, Parts> law, Parts parts)
    {
        foreach (var script in scripts.Sample(40, MutantSeed, MutantRuns))
        {
            try
            {
                law(script, parts);
            }
            catch (Violation violation)
            {
                return violation;
            }
        }
        return null;
    }
}
