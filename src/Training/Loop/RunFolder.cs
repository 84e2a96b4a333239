using Diffusion.Training.Files;

namespace Diffusion.Training.Loop;

/// <summary>The folder of one run: its job, resume point, curve, sample pictures and, for DDDM, the memory.</summary>
internal sealed class RunFolder : RunFiles, IDisposable
{
    private readonly FileStream owner;

    /// <summary>Makes the folder, or opens that of the same job. One process at a time has it.</summary>
    /// <exception cref="IOException">The folder belongs to a job with other content, or another process has it.</exception>
    public RunFolder(string path, byte[] job) : base(path)
    {
        Directory.CreateDirectory(Samples);
        owner = new FileStream(Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        // what a killed process wrote aside and nobody reads
        foreach (var left in new[] { path, Samples }.SelectMany(f => Directory.EnumerateFiles(f, "*.tmp"))) File.Delete(left);
        if (!File.Exists(Job)) DurableFile.Write(Job, job);
        else if (!File.ReadAllBytes(Job).AsSpan().SequenceEqual(job))
        {
            owner.Dispose();
            throw new IOException($"{path} holds a run of another job file. Give the job another name, or remove that folder to start over.");
        }
    }

    public void Dispose() => owner.Dispose();
}
