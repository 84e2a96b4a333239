using System.Globalization;
using Diffusion.Samplers;
using Diffusion.Schedules;
using Diffusion.Testing;

namespace Diffusion.Tests.Samplers;

/// <summary>What every sampler of the catalogue promises. A new sampler is tested by being there.</summary>
public sealed class SamplerConformanceTests
{
    private static readonly DenoiserTraits[] Models =
    [
        .. from name in ScheduleCatalogue.Names
           from prediction in Enum.GetValues<Prediction>()
           from memory in new[] { false, true }
           from variance in new[] { false, true }
           // every mixture on one schedule, neither and both on the others
           where memory == variance || name == "cosine"
           select new DenoiserTraits(ScheduleCatalogue.Create(name, 50), prediction, memory, variance),
    ];

    public static TheoryData<string> Samplers => [.. SamplerCatalog.All.Select(s => s.Name)];

    private static IEnumerable<DenoiserTraits> Served(ISampler sampler) => Models.Where(m => sampler.Refuses(m) is null);

    private const int MostCombinations = 100;

    /// <summary>Every combination of choices, and of the ends and the default of numbers; every fifth or eleventh, which meets all pairs, where they are many.</summary>
    private static IEnumerable<Dictionary<string, string>> Combinations(ISampler sampler)
    {
        IEnumerable<Dictionary<string, string>> all = [[]];
        foreach (var option in sampler.Options)
        {
            var values = option.Choices ?? [option.Default, .. new[] { option.Minimum, option.Maximum }.Select(v => v.ToString("R", CultureInfo.InvariantCulture))];
            all = all.SelectMany(chosen => values.Distinct().Select(v => new Dictionary<string, string>(chosen) { [option.Name] = v })).ToList();
        }
        var every = all.Count() switch { <= MostCombinations => 1, <= 5 * MostCombinations => 5, _ => 11 };
        return all.Where((_, i) => i % every == 0);
    }

    private static SamplerTable? TryCompile(ISampler sampler, DenoiserTraits model, int steps, Dictionary<string, string> options)
    {
        try
        {
            return sampler.Compile(model, new SamplingOptions(sampler, steps, options));
        }
        catch (SamplingOptionException refused) when (options.GetValueOrDefault("spacing") is "quadratic" or "strided" && refused.Field == "steps")
        {
            return null;
        }
        catch (SamplingOptionException refused) when (options.GetValueOrDefault("s-tmin") is "1000000" && options.GetValueOrDefault("s-tmax") is "0")
        {
            Assert.Equal("s-tmin", refused.Field);
            return null;
        }
        catch (SamplingOptionException refused) when (!model.LearnsVariance && options.GetValueOrDefault("variance") == "learned")
        {
            Assert.Equal("variance", refused.Field);
            return null;
        }
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Compile_EveryModelAndOption_GivesSoundRows(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        var compiled = 0;
        foreach (var model in Served(sampler))
            foreach (var options in Combinations(sampler))
                foreach (var steps in new[] { 1, 2, 3, 7, 10, 25, 49, 50 })
                {
                    if (TryCompile(sampler, model, steps, options) is not { } table) continue;
                    var where = $"{model.Schedule.Name} {model.Prediction} {steps} {string.Join(' ', options)}";
                    compiled++;
                    Assert.True(table.Rows.Length == steps, where);
                    Assert.True(double.IsFinite(table.StartScale) && table.StartScale > 0, where);
                    foreach (var row in table.Rows)
                    {
                        Assert.True(new[] { row.P, row.Q, row.A, row.B, row.C, row.D, row.E, row.F }.All(double.IsFinite), where);
                        Assert.True(row.D >= 0 && (row.E == 0 || model.LearnsVariance), where);
                        Assert.True(row.F == 0 || (row.F > 0 && row.D == 1 && row.E == 0), where);
                        // at their end, boundary and consistency are the identity
                        Assert.True((row.Q != 0) != (model.Prediction is Prediction.Boundary or Prediction.Consistency && row.TimeIndex == 0), where);
                        Assert.InRange(row.TimeIndex, 0, model.Schedule.Steps - 1);
                    }
                    var last = table.Rows[^1];
                    Assert.True((last.A, last.B, last.C, last.D, last.E, last.F) == (0, 1, 0, 0, 0, 0), where);
                    Assert.True(table.Rows.SequenceEqual(TryCompile(sampler, model, steps, options)!.Rows), where);
                }
        Assert.True(compiled > 100, $"{compiled}");
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Compile_Defaults_AreAcceptedForEveryStepCount(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        foreach (var model in Served(sampler))
            for (var steps = 1; steps <= 50; steps++) Assert.Equal(steps, sampler.Compile(model, new SamplingOptions(sampler, steps)).Rows.Length);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Compile_MoreStepsThanTimes_NamesSteps(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        foreach (var options in Combinations(sampler))
            foreach (var steps in new[] { 51, int.MaxValue })
                Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => sampler.Compile(Served(sampler).Last(), new SamplingOptions(sampler, steps, options))).Field);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Options_StepsBelowOne_NamesSteps(string name)
    {
        foreach (var steps in new[] { 0, -1, int.MinValue })
            Assert.Equal("steps", Assert.Throws<SamplingOptionException>(() => new SamplingOptions(SamplerCatalog.Find(name)!, steps)).Field);
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Options_UnknownName_NamesItAndListsTheKnown(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        var refused = Assert.Throws<SamplingOptionException>(() => new SamplingOptions(sampler, 1, new Dictionary<string, string> { ["sharpness"] = "1" }));
        Assert.Equal("sharpness", refused.Field);
        Assert.All(sampler.Options, o => Assert.Contains(o.Name, refused.Message));
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Options_ValueNotAllowed_NamesTheFieldAndTheAllowed(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        foreach (var option in sampler.Options)
            foreach (var bad in new[] { "", "NaN", "Infinity", "-1e9", "1e9", "0,5", "no such word" })
            {
                var refused = Assert.Throws<SamplingOptionException>(() => new SamplingOptions(sampler, 1, new Dictionary<string, string> { [option.Name] = bad }));
                Assert.Equal(option.Name, refused.Field);
                Assert.Contains(option.Allowed, refused.Message);
            }
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Declaration_OfEverySampler_IsComplete(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        Assert.Matches("^[a-z0-9][a-z0-9-]*$", sampler.Name);
        Assert.EndsWith(".", sampler.Summary);
        Assert.Matches("20[0-9][0-9]", sampler.Paper);
        Assert.Matches("algorithm|eq\\.", sampler.Equations);
        Assert.Equal($"{sampler.Paper}, {sampler.Equations}", sampler.Reference);
        Assert.EndsWith(".", sampler.UseWhen);
        Assert.Equal(sampler.Options.Count, sampler.Options.Select(o => o.Name).Distinct().Count());
        Assert.All(sampler.Options, o => Assert.True(o.Accepts(o.Default) && o.Description.EndsWith('.') && o.Name == o.Name.ToLowerInvariant(), o.Name));
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Run_PerfectNetwork_EndsWhereTheDataLie(string name)
    {
        var sampler = SamplerCatalog.Find(name)!;
        foreach (var model in Served(sampler))
            foreach (var options in Combinations(sampler))
            {
                // unclipped Langevin steps forget where they began after hundreds of evaluations: their own tests have what they reach
                if (name is "pc" or "ald" && options["clip"] == "off") continue;
                // at t = 1 its answer is x_t whatever the data are, which is near to them where sigma_1 is that of its own schedule
                if (model is { Prediction: Prediction.Boundary, Schedule.IsVarianceExploding: false }) continue;
                if (TryCompile(sampler, model, 20, options) is not { } table) continue;
                var network = new GaussianDenoiser(model.Schedule, model.Prediction, 0.01);
                Assert.All(RowInterpreter.Run(table, network.Output, [-2.5, 0.1, 1.0], (i, pixel) => (i + pixel) % 2 == 0 ? 1.2 : -0.8)[^1].X, x => Assert.InRange(x, -1, 1));
            }
    }

    [Theory]
    [InlineData("ddim", "eta", "0")]
    [InlineData("dddm", "walk", "fixed")]
    [InlineData("dddm", "walk", "ddim")]
    [InlineData("dpmpp-2m", "clip", "on")]
    [InlineData("euler", "clip", "on")]
    [InlineData("heun", "clip", "on")]
    public void Compile_DeterministicSampler_DrawsNoNoise(string name, string option, string value)
    {
        var sampler = SamplerCatalog.Find(name)!;
        foreach (var model in Served(sampler))
            Assert.All(sampler.Compile(model, new SamplingOptions(sampler, 20, new Dictionary<string, string> { [option] = value })).Rows, r => Assert.Equal(0, r.D));
    }

    [Fact]
    public void Catalogue_Names_AreUniqueAndFound()
    {
        Assert.Equal(SamplerCatalog.All.Count, SamplerCatalog.All.Select(s => s.Name).Distinct().Count());
        Assert.All(SamplerCatalog.All, s => Assert.Same(s, SamplerCatalog.Find(s.Name)));
        Assert.Null(SamplerCatalog.Find("DDIM"));
    }
}
