using Diffusion.Checkpoints;

namespace Diffusion.Exchange;

/// <summary>
/// A folder for what comes in, on the volume of the models and never among them. It goes when it is disposed of, and what a
/// crash leaves goes at the next start.
/// </summary>
public sealed class Spool : IDisposable
{
    /// <summary>The folder of all of them, in that of the models.</summary>
    internal const string Home = ".incoming";

    private readonly Publication place;

    private Spool(Publication place) => this.place = place;

    /// <summary>Its path.</summary>
    public string Folder => place.Folder;

    /// <summary>Makes one.</summary>
    public static Spool Open(CheckpointStore store, TimeProvider time, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        var home = Path.Combine(store.Root, Home);
        Directory.CreateDirectory(home);
        return new Spool(Publication.Begin(home, time, observer: null, cancellation));
    }

    /// <inheritdoc/>
    public void Dispose() => place.Dispose();
}
