namespace Diffusion.Training.Data;

/// <summary>There is another image set of that name; image sets are immutable.</summary>
public sealed class ImageSetExistsException : IOException
{
    internal ImageSetExistsException(string name, string why) : base($"Image set '{name}' exists: {why}. Delete it or choose another name.") => Name = name;

    /// <summary>The name.</summary>
    public string Name { get; }
}
