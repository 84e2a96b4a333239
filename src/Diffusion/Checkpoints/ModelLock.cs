namespace Diffusion.Checkpoints;

/// <summary>One writer per model folder, over all processes: an exclusively opened file, which the system releases with its owner.</summary>
internal sealed class ModelLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private const int LinuxWouldBlock = 11, MacWouldBlock = 35, WindowsSharingViolation = unchecked((int)0x80070020);

    private readonly FileStream file;

    private ModelLock(FileStream file) => this.file = file;

    /// <summary>Waits for the lock; it is only ever held for short writes.</summary>
    public static ModelLock Take(string path, TimeProvider time, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryTake(path) is { } taken) return taken;
            Task.Delay(Pause, time, cancellation).GetAwaiter().GetResult();
        }
    }

    /// <summary>The lock, or null if another holds it.</summary>
    public static ModelLock? TryTake(string path)
    {
        try
        {
            return new ModelLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException held) when (held.HResult is LinuxWouldBlock or MacWouldBlock or WindowsSharingViolation)
        {
            return null;
        }
    }

    public void Dispose() => file.Dispose();
}
