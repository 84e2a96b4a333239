using Diffusion.Training.Files;

namespace Diffusion.Training.Loop;

/// <summary>The folder of one run: its job, resume point, curve, sample pictures and, for DDDM, the memory.</summary>
internal sealed class RunFolder : IDisposable
{
    private readonly FileStream owner;

    /// <summary>Makes the folder, or opens that of the same job. One process at a time has it.</summary>
    /// <exception cref="IOException">The folder belongs to a job with other content, or another process has it.</exception>
    public RunFolder(string path, byte[] job)
    {
        Root = path;
        Directory.CreateDirectory(Samples);
        owner = new FileStream(Path.Combine(path, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        if (!File.Exists(Job)) DurableFile.Write(Job, job);
        else if (!File.ReadAllBytes(Job).AsSpan().SequenceEqual(job))
        {
            owner.Dispose();
            throw new IOException($"{path} holds a run of another job file. Give the job another name, or remove that folder to start over.");
        }
    }

    public void Dispose() => owner.Dispose();

    public string Root { get; }
    public string Job => Path.Combine(Root, "job.json");
    public string State => Path.Combine(Root, "state.safetensors");
    public string Metrics => Path.Combine(Root, "metrics.ndjson");
    public string Parent => Path.Combine(Root, "parent.json");
    public string Teacher => Path.Combine(Root, "teacher.json");
    public string Published => Path.Combine(Root, "published.json");
    public string Samples => Path.Combine(Root, "samples");
    public string Memory => Path.Combine(Root, "memory");
}
