namespace Diffusion.Inference.Jobs;

/// <summary>The words for <see cref="RequestClass"/>, as they stand in requests, answers and metrics.</summary>
public static class RequestClasses
{
    /// <summary>All of them, the one that goes first first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<RequestClass>().Select(NameOf)];

    /// <summary>The word of a class.</summary>
    public static string NameOf(RequestClass priority) => priority switch
    {
        RequestClass.Interactive => "interactive",
        RequestClass.Batch => "batch",
        _ => "evaluation",
    };

    /// <summary>The class of a word, or null.</summary>
    public static RequestClass? Find(string name) => Names.ToList().IndexOf(name) is var index and >= 0 ? (RequestClass)index : null;
}
