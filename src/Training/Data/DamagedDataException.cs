namespace Diffusion.Training.Data;

/// <summary>A data file is not what it says it is. The message names the file and what is wrong with it.</summary>
public sealed class DamagedDataException : Exception
{
    /// <summary>What is wrong with <paramref name="file"/>.</summary>
    public DamagedDataException(string file, string problem)
        : base($"{file}: {problem}") => (File, Problem) = (file, problem);

    /// <summary>The file.</summary>
    public string File { get; }

    /// <summary>What is wrong, without the file.</summary>
    public string Problem { get; }
}
