using Diffusion.Inference.Quotas;

namespace Diffusion.Api.Access;

/// <summary>A key as it is stored: whoever reads the file cannot use it.</summary>
internal sealed record ApiKey
{
    /// <summary>Who holds it; also the client that the engine is fair to.</summary>
    public required string Name { get; init; }

    /// <summary>The public part of the key, see <see cref="KeyToken"/>.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-256 of the whole key, lower-case hex. A key has 256 random bits, so it needs no salt and no slow hash.</summary>
    public required string Hash { get; init; }

    /// <summary>See <see cref="Access.Scopes"/>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Row-steps a minute; null is no limit.</summary>
    public long? RowsPerMinute { get; init; }

    /// <summary>Rows at work at once; null is no limit.</summary>
    public int? ConcurrentRows { get; init; }

    /// <summary>Share of a busy engine against other clients.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What its holder may use.</summary>
    public Allowance ToAllowance() => new(RowsPerMinute, ConcurrentRows, Weight);
}
