namespace Diffusion.Networks;

/// <summary>The shape of an <see cref="ImageClassifier"/>.</summary>
public sealed record ClassifierConfig
{
    /// <summary>Height and width in pixels; divisible by 2^(stages).</summary>
    public required int ImageSize { get; init; }

    /// <summary>Image channels: 1 or 3.</summary>
    public required int Channels { get; init; }

    /// <summary>Number of classes.</summary>
    public required int Classes { get; init; }

    /// <summary>Channels of each stage; each ends in half the size.</summary>
    public IReadOnlyList<int> Widths { get; init; } = [32, 64, 64];

    /// <summary>Size of the feature vector before the last layer.</summary>
    public int FeatureWidth { get; init; } = 64;

    /// <summary>Checks that the fields fit together.</summary>
    /// <exception cref="ArgumentException">The first field that does not; <c>ParamName</c> and the message name it.</exception>
    public void Validate()
    {
        Require(Channels >= 1, nameof(Channels), "must be at least 1");
        Require(Classes >= 2, nameof(Classes), "must be at least 2");
        Require(Widths is { Count: > 0 and <= 12 } && Widths.All(w => w >= 1), nameof(Widths), "must be 1 to 12 numbers of at least 1");
        Require(ImageSize > 0 && ImageSize % (1 << Widths.Count) == 0, nameof(ImageSize), $"must be a positive multiple of {1 << Widths.Count}");
        Require(FeatureWidth >= 1, nameof(FeatureWidth), "must be at least 1");
    }

    private static void Require(bool holds, string field, string rule)
    {
        if (!holds) throw new ArgumentException($"{field} {rule}.", field);
    }
}
