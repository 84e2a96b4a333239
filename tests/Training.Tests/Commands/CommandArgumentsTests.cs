using Diffusion.Training.Commands;

namespace Diffusion.Training.Tests.Commands;

public sealed class CommandArgumentsTests
{
    [Fact]
    public void Arguments_NamedAndPositional_AreToldApart()
    {
        var arguments = new CommandArguments(["mnist", "--from", "here", "--count", "7"]);
        Assert.Equal(("mnist", "here", 7, 1.5), (arguments.Position(0, "set"), arguments.Text("from", ""), arguments.Int("count", 1, 0), arguments.Number("scale", 0, 1.5)));
        arguments.Close(positions: 1);
    }

    [Theory]
    [InlineData("--count", "0")]
    [InlineData("--count", "many")]
    [InlineData("--scale", "-1")]
    public void Arguments_ValueOutOfRange_IsNamed(string name, string value)
    {
        var arguments = new CommandArguments([name, value]);
        var error = Assert.Throws<CommandException>(() =>
        {
            arguments.Int("count", 1, 1);
            arguments.Number("scale", 0, 1);
        });
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
        Assert.Contains(value, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-0.1")]
    [InlineData("1.5")]
    [InlineData("NaN")]
    [InlineData("half")]
    public void Share_OutsideOfZeroToOne_IsNamed(string value)
    {
        var arguments = new CommandArguments(["--rescale", value, "--parallel", "0.25"]);
        Assert.Equal((null, 0.25), (arguments.Share("threshold"), arguments.Share("parallel")));
        Assert.Contains($"--rescale must be a number in 0..1, got '{value}'", Assert.Throws<CommandException>(() => arguments.Share("rescale")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_UnknownName_ListsTheKnownOnes()
    {
        var arguments = new CommandArguments(["--form", "here"]);
        arguments.Text("from", "");
        Assert.Contains("--from", Assert.Throws<CommandException>(() => arguments.Close(0)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Close_OneTooMany_NamesIt() =>
        Assert.Contains("'b'", Assert.Throws<CommandException>(() => new CommandArguments(["a", "b"]).Close(1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Arguments_NameWithoutValue_IsRefused() => Assert.Throws<CommandException>(() => new CommandArguments(["--from"]));
}
