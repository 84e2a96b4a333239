namespace Diffusion.Exchange;

/// <summary>What is wrong with a file that was to be imported.</summary>
public enum ImportFault
{
    /// <summary>It is damaged, cut short, contradicts itself, or does not fit the network it names.</summary>
    Damaged,

    /// <summary>It is, or would become, larger than is allowed.</summary>
    Size,

    /// <summary>It is neither a safetensors nor a zip file.</summary>
    Form,
}

/// <summary>A file that was not imported; nothing of it is left.</summary>
public sealed class ImportRefusedException : IOException
{
    internal ImportRefusedException(ImportFault fault, string entry, string problem, Exception? cause = null) : base($"{entry}: {problem}", cause) =>
        (Fault, Entry, Problem) = (fault, entry, problem);

    /// <summary>Of which kind it is.</summary>
    public ImportFault Fault { get; }

    /// <summary>The entry of the archive at fault, <c>file</c> for the file as a whole.</summary>
    public string Entry { get; }

    /// <summary>What is wrong with it, as a sentence.</summary>
    public string Problem { get; }

    /// <summary>The entry that stands for the whole file.</summary>
    public const string Whole = "file";

    internal static ImportRefusedException Damaged(string entry, string problem, Exception? cause = null) => new(ImportFault.Damaged, entry, problem, cause);
}
