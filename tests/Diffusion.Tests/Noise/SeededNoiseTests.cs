using Diffusion.Noise;

namespace Diffusion.Tests.Noise;

public sealed class SeededNoiseTests
{
    private static float[] Normal(int count, ulong seed = 1, uint sample = 0, uint step = 0, NoisePurpose purpose = NoisePurpose.Start)
    {
        var numbers = new float[count];
        SeededNoise.Normal(seed, sample, step, purpose, numbers);
        return numbers;
    }

    [Fact]
    public void Normal_Million_HasTheMomentsOfTheNormalLaw()
    {
        const int count = 1_000_000;
        var z = Normal(count, seed: 42);
        double Moment(int power) => z.Average(v => Math.Pow(v, power));
        // five standard errors: Var(z^k) = 1, 2, 15, 96
        Assert.InRange(Moment(1), -0.005, 0.005);
        Assert.InRange(Moment(2), 1 - 0.00707, 1 + 0.00707);
        Assert.InRange(Moment(3), -0.0194, 0.0194);
        Assert.InRange(Moment(4), 3 - 0.049, 3 + 0.049);
        foreach (var lag in new[] { 1, 2, 3, 4 })
            Assert.InRange(Enumerable.Range(0, count - lag).Average(i => (double)z[i] * z[i + lag]), -0.005, 0.005);
    }

    [Fact]
    public void Normal_Million_FillsTheQuantilesEvenly()
    {
        const int count = 1_000_000;
        double[] deciles = [-1.2815515655, -0.8416212336, -0.5244005127, -0.2533471031, 0, 0.2533471031, 0.5244005127, 0.8416212336, 1.2815515655];
        var bins = new int[10];
        var tail = 0;
        foreach (var z in Normal(count, seed: 43))
        {
            bins[deciles.Count(q => z > q)]++;
            if (Math.Abs(z) > 3) tail++;
        }
        // chi-squared with 9 degrees of freedom exceeds 27.9 once in a thousand
        Assert.InRange(bins.Sum(n => Math.Pow(n - count / 10, 2) / (count / 10.0)), 0, 27.9);
        Assert.InRange(tail, 2700 - 260, 2700 + 260);
    }

    [Fact]
    public void Normal_LongerSpan_HasTheShorterAsPrefix()
    {
        var whole = Normal(1000);
        for (var count = 0; count < 40; count++) Assert.Equal(whole[..count], Normal(count));
    }

    [Fact]
    public void Normal_BatchSplitAnyWay_GivesEverySampleItsNumbers()
    {
        const int samples = 12, size = 50;
        var batch = new float[samples * size];
        for (var i = samples - 1; i >= 0; i--) SeededNoise.Normal(9, (uint)i, 3, NoisePurpose.Step, batch.AsSpan(i * size, size));
        for (var i = 0; i < samples; i++) Assert.Equal(Normal(size, 9, (uint)i, 3, NoisePurpose.Step), batch[(i * size)..((i + 1) * size)]);
    }

    [Fact]
    public void Streams_ThatDifferInOneCoordinate_ShareNoBlock()
    {
        var seen = new HashSet<(float, float)>();
        var streams = 0;
        foreach (var seed in new[] { 0UL, 1UL, 1UL << 32, ulong.MaxValue })
            foreach (var sample in new[] { 0u, 1u, uint.MaxValue })
                foreach (var step in new[] { 0u, 1u, 999u })
                    foreach (var purpose in Enum.GetValues<NoisePurpose>())
                    {
                        var z = Normal(8, seed, sample, step, purpose);
                        for (var i = 0; i < 8; i += 2) Assert.True(seen.Add((z[i], z[i + 1])), $"{seed} {sample} {step} {purpose}");
                        streams++;
                    }
        Assert.Equal(4 * 3 * 3 * 17, streams);
    }

    [Fact]
    public void Normal_FrozenVector_IsUnchanged()
    {
        float[] golden = GoldenNormal;
        var z = Normal(golden.Length, seed: 0x0123456789abcdef, sample: 7, step: 11, purpose: NoisePurpose.Step);
        // a last bit may differ between mathematical libraries
        for (var i = 0; i < golden.Length; i++) Assert.InRange(z[i], golden[i] - 2e-7, golden[i] + 2e-7);
    }

    private static readonly float[] GoldenNormal = [-0.57210781f, 0.2900468f, 0.448942841f, 1.428825f, -0.69678662f, -0.113547036f];

    [Fact]
    public void Uniform_FrozenVector_IsUnchanged()
    {
        var u = new double[5];
        SeededNoise.Uniform(0, 0, 0, NoisePurpose.Start, u);
        double[] words = [0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u];
        Assert.Equal(words.Select(w => (w + 0.5) / 4294967296.0), u[..4]);
        Assert.Equal((Philox.Block(1, 0, 0, 0, 0, 0).W0 + 0.5) / 4294967296.0, u[4]);
    }

    [Fact]
    public void Uniform_One_IsTheFirstOfMany()
    {
        var u = new double[3];
        SeededNoise.Uniform(5, 6, 7, NoisePurpose.TrainingTime, u);
        Assert.Equal(u[0], SeededNoise.Uniform(5, 6, 7, NoisePurpose.TrainingTime));
        Assert.All(u, v => Assert.InRange(v, double.Epsilon, 1 - double.Epsilon));
    }

    [Fact]
    public void Uniform_HundredThousand_IsEven()
    {
        var u = new double[100_000];
        SeededNoise.Uniform(3, 0, 0, NoisePurpose.Shuffle, u);
        var bins = new int[100];
        foreach (var v in u) bins[(int)(v * 100)]++;
        // chi-squared with 99 degrees of freedom exceeds 148.2 once in a thousand
        Assert.InRange(bins.Sum(n => Math.Pow(n - 1000, 2) / 1000), 0, 148.2);
    }

    [Theory]
    [InlineData(NoisePurpose.Start, 0)]
    [InlineData(NoisePurpose.Step, 1)]
    [InlineData(NoisePurpose.Memory, 2)]
    [InlineData(NoisePurpose.TrainingNoise, 16)]
    [InlineData(NoisePurpose.TrainingTime, 17)]
    [InlineData(NoisePurpose.LabelDrop, 18)]
    [InlineData(NoisePurpose.MemoryRefresh, 19)]
    [InlineData(NoisePurpose.Shuffle, 20)]
    [InlineData(NoisePurpose.Dropout, 21)]
    [InlineData(NoisePurpose.Weights, 22)]
    public void Purpose_Number_IsPartOfTheSeedContract(NoisePurpose purpose, uint number) => Assert.Equal(number, (uint)purpose);
}
