namespace Diffusion.Training.Sources;

/// <summary>Where images of a set come from. Read once, from the first to the last.</summary>
internal interface IImageSource : IDisposable
{
    /// <summary>How many there are to read, refused ones counted; null where only reading tells.</summary>
    int? Count { get; }

    /// <summary>The images, in an order that is the same at every reading; what is no image at all is handed to <paramref name="refuse"/>.</summary>
    /// <param name="refuse">Takes the name of an entry and the reason.</param>
    /// <exception cref="Data.DamagedDataException">The source as a whole cannot be trusted; the message names the entry.</exception>
    IEnumerable<SourceImage> Read(Action<string, string> refuse);
}
