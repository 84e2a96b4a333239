namespace SixLabors.ImageSharp;

/// <summary>Settings shared by all images; only the default one exists here.</summary>
public sealed class Configuration
{
    private Configuration()
    {
    }

    public static Configuration Default { get; } = new();
}
