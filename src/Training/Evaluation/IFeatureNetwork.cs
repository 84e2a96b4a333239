namespace Diffusion.Training.Evaluation;

/// <summary>What Fréchet distances and nearest neighbours are measured in: a network that turns images into vectors.</summary>
internal interface IFeatureNetwork : IDisposable
{
    /// <summary>What the distance may be called: <c>frechet</c>, <c>fid</c>, <c>frechet.NAME</c>.</summary>
    string Distance { get; }

    /// <summary>What is added to the names of the other figures, so that those of two networks are not taken for one: empty, <c>.inception</c>, <c>.NAME</c>.</summary>
    string Suffix { get; }

    /// <summary>The network and the SHA-256 (lower-case hex) of its file, for people.</summary>
    string Description { get; }

    /// <summary>SHA-256 (lower-case hex) of its file.</summary>
    string Digest { get; }

    /// <summary>Vectors of images in [-1, 1], planes one after the other.</summary>
    Vectors Features(ImageSource images, CancellationToken stop);

    /// <summary>Class probabilities, or null for a network that has no classes of its own.</summary>
    Vectors? Probabilities(ImageSource images, CancellationToken stop);

    /// <summary>What the score over those probabilities may be called.</summary>
    string Score { get; }
}
