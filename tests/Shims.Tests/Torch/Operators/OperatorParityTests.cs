using Shims.Tests.Torch.Fixtures;
using static TorchSharp.torch;

namespace Shims.Tests.Torch.Operators;

/// <summary>Every operator against PyTorch: values, element types, shapes and gradients, at the tolerance the fixture states (1e-6 unless it sums).</summary>
public sealed class OperatorParityTests
{
    private static readonly SafetensorsFile Fixture = SafetensorsFile.Open("operators");

    private static readonly Dictionary<string, StoredCase> Stored = Fixture.Note<StoredCase[]>("cases").ToDictionary(c => c.Name);

    private static readonly Dictionary<string, Func<Tensor[], Tensor[]>> Operators = new[]
    {
        Creation.Cases, Arithmetic.Cases, Comparisons.Cases, Pointwise.Cases, Reductions.Cases, Shapes.Cases,
        Indexing.Cases, Products.Cases, Layers.Cases, Losses.Cases, Conversions.Cases,
    }.SelectMany(table => table).ToDictionary(entry => entry.Key, entry => entry.Value);

    public static TheoryData<string> Names => new(Stored.Keys);

    [Fact]
    public void Table_AndFixture_NameTheSameCases() =>
        Assert.Equal(Stored.Keys.Order(StringComparer.Ordinal), Operators.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void Operator_OnFixtureInputs_EqualsPyTorch(string name)
    {
        var stored = Stored[name];
        using var scope = NewDisposeScope();
        var inputs = stored.Gradients.Select((gradient, i) => Fixture[$"{name}/input/{i}"].ToTensor().requires_grad_(gradient)).ToArray();

        var outputs = Operators[name](inputs);

        Assert.Equal(stored.Outputs, outputs.Length);
        Tensor? total = null;
        for (var i = 0; i < outputs.Length; i++)
        {
            Parity.AssertClose(Fixture[$"{name}/output/{i}"], outputs[i], stored.Tolerance, $"{name} output {i}");
            var differentiable = Fixture.Contains($"{name}/cotangent/{i}");
            Assert.Equal(differentiable, outputs[i].requires_grad);
            if (!differentiable) continue;
            var part = outputs[i].mul(Fixture[$"{name}/cotangent/{i}"].ToTensor()).sum();
            total = total is null ? part : total.add(part);
        }

        total?.backward();
        for (var i = 0; i < inputs.Length; i++)
        {
            if (!Fixture.Contains($"{name}/gradient/{i}")) continue;
            Parity.AssertClose(Fixture[$"{name}/gradient/{i}"], inputs[i].grad!, 2 * stored.Tolerance, $"{name} gradient {i}");
        }
    }

    private sealed record StoredCase(string Name, int Outputs, double Tolerance, bool[] Gradients);
}
