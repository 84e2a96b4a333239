namespace Diffusion.Imaging;

/// <summary>In which way a file is no picture.</summary>
public enum PictureDamage
{
    /// <summary>Of a format that is not read.</summary>
    Format,

    /// <summary>More pixels than are decoded.</summary>
    Size,

    /// <summary>Damaged, cut short, or an animation.</summary>
    Content,
}

/// <summary>A file from outside that cannot be used as a picture.</summary>
/// <param name="damage">What is wrong with it.</param>
/// <param name="message">A sentence for the sender.</param>
/// <param name="cause">What the decoder said, or null.</param>
public sealed class UnreadablePictureException(PictureDamage damage, string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What is wrong with it.</summary>
    public PictureDamage Damage { get; } = damage;
}
