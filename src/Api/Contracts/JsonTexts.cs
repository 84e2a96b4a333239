using System.Text.Json;
using System.Text.Unicode;

namespace Diffusion.Api.Contracts;

/// <summary>JSON can hold texts that are none: bytes that are not UTF-8, halves of surrogate pairs. A parser lets them pass, and reading them throws.</summary>
internal static class JsonTexts
{
    /// <summary>Whether every text and name can be read; what is no JSON at all is left to whoever parses it.</summary>
    public static bool AreWhole(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        try
        {
            while (reader.Read())
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && !IsWhole(ref reader)) return false;
        }
        catch (JsonException)
        {
            // the parser says where
        }
        return true;
    }

    private static bool IsWhole(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return Utf8.IsValid(reader.ValueSpan);
        try
        {
            reader.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
