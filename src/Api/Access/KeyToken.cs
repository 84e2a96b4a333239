using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Diffusion.Api.Access;

/// <summary>
/// A key as its holder has it: <c>dk_</c>, 12 hex digits that name it, <c>_</c>, and 64 hex digits (256 random bits)
/// that prove it. The prefix lets secret scanners find keys that leaked.
/// </summary>
internal sealed partial record KeyToken
{
    private const int IdBytes = 6, SecretBytes = 32;

    private KeyToken(string id, string text) => (Id, Text) = (id, text);

    /// <summary>The public part.</summary>
    public string Id { get; }

    /// <summary>The whole key; secret.</summary>
    public string Text { get; }

    /// <summary>A new key.</summary>
    public static KeyToken Create()
    {
        var id = RandomNumberGenerator.GetHexString(IdBytes * 2, lowercase: true);
        return new KeyToken(id, $"dk_{id}_{RandomNumberGenerator.GetHexString(SecretBytes * 2, lowercase: true)}");
    }

    /// <summary>The key in a text, or null if it is none.</summary>
    public static KeyToken? Parse(string text) => Shape().Match(text) is { Success: true } match ? new KeyToken(match.Groups[1].Value, text) : null;

    /// <summary>What is stored of it.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    /// <summary>Whether this is the key that was stored; takes the same time whatever differs.</summary>
    public bool Proves(ApiKey stored) => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Hash()), Encoding.ASCII.GetBytes(stored.Hash));

    /// <summary>Never the secret: records end up in logs.</summary>
    public override string ToString() => $"dk_{Id}_...";

    [GeneratedRegex(@"^dk_([0-9a-f]{12})_[0-9a-f]{64}\z")]
    private static partial Regex Shape();
}
