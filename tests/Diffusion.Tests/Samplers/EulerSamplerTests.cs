using Diffusion.Samplers;
using Diffusion.Schedules;
using static Diffusion.Tests.Samplers.SamplerTables;

namespace Diffusion.Tests.Samplers;

public sealed class EulerSamplerTests
{
    [Theory]
    [InlineData(20, -1.389e-1)]
    [InlineData(40, -7.03e-2)]
    [InlineData(80, -3.53e-2)]
    [InlineData(160, -1.77e-2)]
    public void Compile_KarrasGrid_HasTheKnownError(int nodes, double error) => Assert.Equal(error, Error(nodes), Math.Abs(error) * 2e-3);

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(80)]
    [InlineData(160)]
    public void Compile_TwiceTheSteps_HalvesTheError(int nodes) => Assert.InRange(Error(nodes) / Error(2 * nodes), 1.9, 2.1);

    [Fact]
    public void Compile_OnTheTimesOfDdim_IsDdimWithoutNoise()
    {
        foreach (var name in ScheduleCatalogue.Names)
            foreach (var prediction in new[] { Prediction.Epsilon, Prediction.V })
                foreach (var spacing in new[] { "karras", "trailing", "quadratic" })
                {
                    var model = new DenoiserTraits(ScheduleCatalogue.Create(name, 1000), prediction);
                    Assert.True(Compile("euler", model, 12, ("spacing", spacing)).Rows.SequenceEqual(Compile("ddim", model, 12, ("spacing", spacing)).Rows), name);
                }
    }

    [Fact]
    public void Compile_Default_VisitsTheTimesOfKarras() =>
        Assert.Equal(TimeSpacing.Choose("karras", Linear, 9).Reverse(), Compile("euler", new DenoiserTraits(Linear, Prediction.Epsilon), 9).Rows.Select(r => r.TimeIndex + 1));

    private static double Error(int nodes)
    {
        var euler = SamplerCatalog.Find("euler")!;
        return KarrasGrid.Error(nodes, (model, _) => euler.Compile(model, new SamplingOptions(euler, nodes, new Dictionary<string, string> { ["spacing"] = "karras", ["clip"] = "off" })));
    }
}
