using System.Text.Json;

namespace Diffusion.Checkpoints;

/// <summary>The words by which JSON, requests and commands name the values of an enumeration: its <c>JsonStringEnumMemberName</c>s.</summary>
internal static class EnumWords
{
    /// <summary>All of them, in the order of the values.</summary>
    public static IReadOnlyList<string> All<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>The word of a value.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonSerializer.SerializeToElement(value).GetString()!;

    /// <summary>The value of a word that is one of <see cref="All"/>.</summary>
    /// <exception cref="InvalidOperationException">It is none.</exception>
    public static T Parse<T>(string word) where T : struct, Enum => Enum.GetValues<T>().First(value => Of(value) == word);
}
