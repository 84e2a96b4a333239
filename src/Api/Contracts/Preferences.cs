using System.Globalization;
using Diffusion.Api.Errors;
using Diffusion.Inference.Jobs;

namespace Diffusion.Api.Contracts;

/// <summary>What a caller prefers by the header Prefer (RFC 7240); preferences of other services are ignored.</summary>
/// <param name="Wait">How long to wait for the end before the answer is 202, or null.</param>
/// <param name="RespondAsync">Whether 202 is welcome at once.</param>
internal sealed record Preferences(TimeSpan? Wait, bool RespondAsync)
{
    /// <summary>Longest wait in seconds.</summary>
    public const int MaxWait = 60;

    private const string Header = "Prefer", Async = "respond-async", WaitName = "wait";

    /// <exception cref="RequestRefusedException">A preference that this service knows has a wrong value.</exception>
    public static Preferences Read(IHeaderDictionary headers)
    {
        int? wait = null;
        var respondAsync = false;
        var errors = new List<FieldError>();
        foreach (var preference in headers[Header].SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)))
        {
            // parameters after a semicolon belong to preferences of other services
            var word = preference.Split(';')[0].Trim();
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? (word, "") : (word[..at].Trim(), word[(at + 1)..].Trim().Trim('"'));
            if (name.Equals(Async, StringComparison.OrdinalIgnoreCase) && value.Length == 0) respondAsync = true;
            else if (name.Equals(Async, StringComparison.OrdinalIgnoreCase)) errors.Add(new(Header, $"{Async} takes no value, got '{value}'."));
            else if (!name.Equals(WaitName, StringComparison.OrdinalIgnoreCase)) continue;
            else if (wait is not null) errors.Add(new(Header, $"{WaitName} is given twice; once is allowed."));
            else if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxWait) wait = seconds;
            else errors.Add(new(Header, $"{WaitName} must be whole seconds, 1..{MaxWait}, got '{value}'."));
        }
        return errors.Count > 0 ? throw RequestRefusedException.Invalid(errors) : new Preferences(wait is { } given ? TimeSpan.FromSeconds(given) : null, respondAsync);
    }

    /// <summary>Says which of them were followed.</summary>
    public void Echo(IHeaderDictionary headers, bool answeredLater)
    {
        string?[] applied =
        [
            RespondAsync && answeredLater ? Async : null,
            Wait is { } wait ? string.Create(CultureInfo.InvariantCulture, $"{WaitName}={(int)wait.TotalSeconds}") : null,
        ];
        if (applied.Any(a => a is not null)) headers["Preference-Applied"] = string.Join(", ", applied.Where(a => a is not null));
        headers.Append("Vary", Header);
    }
}
