using System.Security.Cryptography;
using System.Text;

namespace Diffusion.Checkpoints;

/// <summary>
/// A JSON object whose last member is the SHA-256 of every byte before that member, so that a single flipped bit is found
/// anywhere in it.
/// </summary>
internal sealed class Seal
{
    private const int DigestLength = 64;

    private readonly byte[] head, tail, close;

    private Seal(string close, string head, string tail) =>
        (this.close, this.head, this.tail) = (Encoding.UTF8.GetBytes(close), Encoding.UTF8.GetBytes(head), Encoding.UTF8.GetBytes(tail));

    /// <summary>Of an indented document that ends in a line end.</summary>
    public static Seal Document { get; } = new("\n}", ",\n  \"sha256\": \"", "\"\n}\n");

    /// <summary>Of one line, without its end.</summary>
    public static Seal Line { get; } = new("}", ",\"sha256\":\"", "\"}");

    /// <summary>The object with its digest.</summary>
    /// <param name="json">An object with at least one member, as the serializer writes it.</param>
    public byte[] Close(ReadOnlySpan<byte> json)
    {
        if (!json.EndsWith(close)) throw new ArgumentException("This is not the text of an object in this layout.", nameof(json));
        var body = json[..^close.Length];
        return [.. body, .. head, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(body))), .. tail];
    }

    /// <summary>The digest that the object carries, or null if it has none in the one place where it can be.</summary>
    public string? Of(ReadOnlySpan<byte> sealedJson)
    {
        var length = head.Length + DigestLength + tail.Length;
        if (sealedJson.Length < length || !sealedJson.EndsWith(tail)) return null;
        var end = sealedJson[^length..];
        return end.StartsWith(head) ? Encoding.ASCII.GetString(end.Slice(head.Length, DigestLength)) : null;
    }

    /// <summary>Whether the object is the one that was closed with the digest it carries.</summary>
    public bool Holds(ReadOnlySpan<byte> sealedJson) =>
        Of(sealedJson) is { } digest && Convert.ToHexStringLower(SHA256.HashData(sealedJson[..^(head.Length + DigestLength + tail.Length)])) == digest;
}
