using System.Globalization;

namespace Diffusion.Bench.Load;

/// <summary>What the command line asks for.</summary>
/// <param name="Scenario">latency, streaming or overload.</param>
/// <param name="Seconds">Length of one measurement.</param>
/// <param name="Pairs">Measurements of each condition.</param>
/// <param name="Service">The built Api.</param>
/// <param name="Models">Folder of the models.</param>
internal sealed record Settings(string Scenario, int Seconds, int Pairs, string Service, string Models)
{
    public static Settings? Parse(string[] args)
    {
        if (args is not [("latency" or "streaming" or "overload") and var scenario, ..] || args.Length % 2 == 0) return null;
        var settings = new Settings(scenario, 20, 3, "artifacts/bin/Api/release/Diffusion.Api.dll", "models");
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = args[i + 1];
            if (args[i] == "--service") settings = settings with { Service = value };
            else if (args[i] == "--models") settings = settings with { Models = value };
            else if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1) return null;
            else if (args[i] == "--seconds") settings = settings with { Seconds = number };
            else if (args[i] == "--pairs") settings = settings with { Pairs = number };
            else return null;
        }
        return settings;
    }
}
