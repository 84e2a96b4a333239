namespace Diffusion.Training.Commands;

/// <summary>A command line is wrong; the message says what is allowed.</summary>
public sealed class CommandException(string message) : Exception(message);

/// <summary>Positional arguments and <c>--name value</c> pairs; what nobody asked for is refused.</summary>
public sealed class CommandArguments
{
    private readonly List<string> positional = [];
    private readonly Dictionary<string, string> named = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);

    public CommandArguments(IEnumerable<string> args)
    {
        string? name = null;
        foreach (var arg in args)
        {
            if (name is not null)
            {
                if (!named.TryAdd(name, arg)) throw new CommandException($"--{name} is given twice.");
                name = null;
            }
            else if (arg.StartsWith("--", StringComparison.Ordinal)) name = arg[2..];
            else positional.Add(arg);
        }
        if (name is not null) throw new CommandException($"--{name} needs a value.");
    }

    /// <summary>Positional arguments that were given.</summary>
    public int Count => positional.Count;

    public string Position(int index, string what) =>
        index < positional.Count ? positional[index] : throw new CommandException($"{what} is missing.");

    public string Text(string name, string fallback)
    {
        asked.Add(name);
        return named.GetValueOrDefault(name, fallback);
    }

    public string Choice(string name, string fallback, params string[] allowed)
    {
        var text = Text(name, fallback);
        return allowed.Contains(text, StringComparer.Ordinal) ? text : throw new CommandException($"--{name} must be one of {string.Join(", ", allowed)}, got '{text}'.");
    }

    public int Int(string name, int minimum, int fallback)
    {
        asked.Add(name);
        if (!named.TryGetValue(name, out var text)) return fallback;
        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= minimum
            ? value : throw new CommandException($"--{name} must be a whole number of at least {minimum}, got '{text}'.");
    }

    public double Number(string name, double minimum, double fallback)
    {
        asked.Add(name);
        if (!named.TryGetValue(name, out var text)) return fallback;
        return double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= minimum
            ? value : throw new CommandException($"--{name} must be a number of at least {minimum}, got '{text}'.");
    }

    /// <summary>A number in 0..1, or null if it is not given.</summary>
    public double? Share(string name)
    {
        asked.Add(name);
        if (!named.TryGetValue(name, out var text)) return null;
        return double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value is >= 0 and <= 1
            ? value : throw new CommandException($"--{name} must be a number in 0..1, got '{text}'.");
    }

    /// <summary>The named arguments that nobody has asked for yet; now somebody has.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Rest()
    {
        KeyValuePair<string, string>[] rest = [.. named.Where(n => asked.Add(n.Key))];
        return rest;
    }

    public void Close(int positions)
    {
        if (positional.Count > positions) throw new CommandException($"'{positional[positions]}' is one argument too many.");
        if (named.Keys.FirstOrDefault(n => !asked.Contains(n)) is { } unknown)
            throw new CommandException($"--{unknown} is unknown; there are: {string.Join(", ", asked.Order(StringComparer.Ordinal).Select(n => "--" + n))}.");
    }
}
