namespace Diffusion.Exchange;

/// <summary>The forms in which a version leaves and comes in.</summary>
public enum ExchangeForm
{
    /// <summary>One safetensors file: the weights, with the manifest in the free text of its header.</summary>
    SafeTensors,

    /// <summary>A zip file with the manifest and every file of the version.</summary>
    Zip,
}

/// <summary>How the forms are named.</summary>
public static class ExchangeForms
{
    /// <summary>The names, in the order of <see cref="ExchangeForm"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["safetensors", "zip"];

    /// <summary>The name, which is also the ending of a file.</summary>
    public static string Name(this ExchangeForm form) => Names[(int)form];

    /// <summary>The form of that name, or null.</summary>
    public static ExchangeForm? Find(string name) => Names.Index().Where(n => n.Item == name).Select(n => (ExchangeForm?)n.Index).FirstOrDefault();

    /// <summary>The form of a file by its first bytes, or null if it is neither.</summary>
    /// <param name="start">At least 9 bytes, or the whole file.</param>
    internal static ExchangeForm? Of(ReadOnlySpan<byte> start) =>
        start.StartsWith("PK"u8) ? ExchangeForm.Zip : start.Length >= 9 && start[8] == (byte)'{' ? ExchangeForm.SafeTensors : null;
}
