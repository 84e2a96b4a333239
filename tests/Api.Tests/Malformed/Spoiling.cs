using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>The ways in which a request is made wrong. Each takes one that would do, and says what it did to it.</summary>
internal sealed class Spoiling(Random chance, Operation operation)
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "get", "Post", "FOO-BAR"];

    /// <summary>All of them.</summary>
    public static readonly Func<Spoiling, Draft, string>[] Ways =
    [
        (s, d) => s.QueryValue(d), (s, d) => s.QueryValue(d), (s, d) => s.QueryName(d), (s, d) => s.QueryShape(d),
        (s, d) => s.Member(d), (s, d) => s.Member(d), (s, d) => s.Members(d), (s, d) => s.Member(d), (s, d) => s.NoJson(d), (s, d) => s.NoJson(d), (s, d) => s.Cut(d), (s, d) => s.Flipped(d), (s, d) => s.Large(d),
        (s, d) => s.Type(d), (s, d) => s.Form(d), (s, d) => s.Method(d), (s, d) => s.Header(d), (s, d) => s.Header(d), (s, d) => s.Headers(d), (s, d) => s.PathPart(d), (s, d) => s.PathPart(d), (s, d) => s.PathTrick(d),
        (s, d) => s.Host(d), (s, d) => s.Length(d), (s, d) => s.Chunks(d), (s, d) => s.Version(d), (s, d) => s.Noise(d),
    ];

    private T Any<T>(IReadOnlyList<T> from) => from[chance.Next(from.Count)];

    private string Written(JsonElement schema) => chance.Next(3) > 0 ? Any(Junk.Values) : schema.TryGetProperty("maximum", out var most) ? most.GetRawText() + "9" : JsonSerializer.Serialize(Any(Junk.Texts));

    private string QueryValue(Draft draft)
    {
        var names = operation.Parameters.Where(p => p.In == "query").Select(p => p.Name).ToArray();
        var name = names.Length == 0 ? "steps" : Any(names);
        draft.Say(name, Any(Junk.Texts));
        return $"query {name}";
    }

    private string QueryName(Draft draft)
    {
        draft.Say(Any(Junk.Texts), "1");
        draft.Say("stpes", "1");
        return "unknown query field";
    }

    private string QueryShape(Draft draft)
    {
        draft.Query.Add(chance.Next(8) switch
        {
            0 => "%zz=1",
            1 => "steps=%",
            2 => "&&&==&=",
            3 => "steps=1&steps=2",
            4 => string.Join('&', Enumerable.Range(0, 1500).Select(i => $"a{i}=1")),
            5 => "steps=%ff%fe",
            6 => "steps=" + new string('1', 7000),
            _ => "?#x",
        });
        return "shape of the query";
    }

    private string Member(Draft draft)
    {
        var name = operation.Fields.Count == 0 ? "version" : Any(operation.Fields.Keys.ToArray());
        draft.Text = $$"""{ {{JsonSerializer.Serialize(name)}}: {{(operation.Fields.TryGetValue(name, out var schema) ? Written(schema) : Any(Junk.Values))}} }""";
        return $"member {name}";
    }

    private string Members(Draft draft)
    {
        var names = operation.Fields.Keys.Concat(Junk.Texts).ToArray();
        draft.Text = "{" + string.Join(",", Enumerable.Range(0, chance.Next(1, 12)).Select(_ => $"{JsonSerializer.Serialize(Any(names))}: {Any(Junk.Values)}")) + "}";
        return "several members";
    }

    private string NoJson(Draft draft)
    {
        (draft.Body, draft.ContentType) = (Any(Junk.Bodies), "application/json");
        return "no JSON";
    }

    private string Cut(Draft draft)
    {
        var whole = """{ "model": "digits-ddpm", "label": [1, 2], "options": { "eta": 0.5 }, "from": { "seed": 1 }, "to": { "seed": 2 } }""";
        draft.Text = whole[..chance.Next(1, whole.Length)];
        return "cut JSON";
    }

    private string Flipped(Draft draft)
    {
        draft.Text = """{ "model": "digits-ddpm", "steps": 1, "label": [1, 2] }""";
        for (var i = chance.Next(1, 4); i > 0; i--) draft.Body![chance.Next(draft.Body.Length)] = (byte)chance.Next(256);
        return "flipped bytes";
    }

    private string Large(Draft draft)
    {
        draft.Text = "{\"model\":\"" + new string('m', Any([70_000, 1 << 17, 1_048_570, 1_048_577, 1 << 21])) + "\"}";
        return "large body";
    }

    private string Type(Draft draft)
    {
        draft.Text = """{ "steps": 1 }""";
        draft.ContentType = Any(Junk.Types);
        return "media type";
    }

    private string Form(Draft draft)
    {
        var parts = chance.Next(7) switch
        {
            0 => "--b\r\n",
            1 => "--b\r\nContent-Disposition: form-data; name=\"steps\"\r\n\r\n1\r\n",
            2 => "--b\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\u0089PNG\r\n\u001a\n\r\n--b--\r\n",
            3 => "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
            4 => "--b\r\nX\r\n\r\nx\r\n--b--\r\n",
            5 => string.Concat(Enumerable.Range(0, 1200).Select(i => $"--b\r\nContent-Disposition: form-data; name=\"a{i}\"\r\n\r\n1\r\n")) + "--b--\r\n",
            _ => "--b\r\n" + new string('h', 20_000) + ": x\r\n\r\nx\r\n--b--\r\n",
        };
        (draft.Body, draft.ContentType) = (Encoding.Latin1.GetBytes(parts), "multipart/form-data; boundary=b");
        return "form";
    }

    private string Method(Draft draft)
    {
        draft.Method = Any(Methods.Where(m => m != draft.Method).ToArray());
        return "method";
    }

    private string Header(Draft draft)
    {
        var (name, values) = Any(Junk.Headers);
        var value = Any(values);
        draft.Headers.Add((name, value));
        if (chance.Next(4) == 0) draft.Headers.Add((name, Any(values)));
        draft.IsBroken |= name == "Expect";
        return $"header {name}";
    }

    private string Headers(Draft draft)
    {
        draft.IsBroken = true;
        switch (chance.Next(6))
        {
            case 0: for (var i = 0; i < 150; i++) draft.Headers.Add(($"X-{i}", "1")); break;
            case 1: draft.Headers.Add(("X-Large", new string('x', 40_000))); break;
            case 2: draft.Headers.Add(("X Space", "1")); break;
            case 3: draft.Headers.Add((": ", "1")); break;
            case 4: draft.Headers.Add(("X-Fold", "a\r\n b")); break;
            default: draft.Headers.Add(("X-\u0000", "\u0000")); break;
        }
        return "headers";
    }

    private string PathPart(Draft draft)
    {
        var path = operation.Path;
        foreach (var part in operation.Parameters.Where(p => p.In == "path")) path = path.Replace($"{{{part.Name}}}", Uri.EscapeDataString(Any(Junk.Texts)), StringComparison.Ordinal);
        draft.Path = path == operation.Path ? path + "/" + Uri.EscapeDataString(Any(Junk.Texts)) : path;
        return "part of the path";
    }

    private string PathTrick(Draft draft)
    {
        // what no path may have: Kestrel refuses it before anybody is asked
        draft.IsBroken = true;
        draft.Path = chance.Next(15) switch
        {
            0 => draft.Path + "/",
            1 => "/" + draft.Path,
            2 => draft.Path + "/..",
            3 => draft.Path + "/%2e%2e/%2e%2e/etc/passwd",
            4 => draft.Path + "%00",
            5 => draft.Path + "%ff%fe",
            6 => draft.Path + "%",
            7 => draft.Path + "%zz",
            8 => draft.Path + "/" + new string('p', 9000),
            9 => "http://evil.example" + draft.Path,
            10 => "*",
            11 => draft.Path.ToUpperInvariant(),
            12 => draft.Path.Replace("/", "%2f", StringComparison.Ordinal),
            13 => draft.Path + ";x=1",
            _ => draft.Path[1..],
        };
        return "path";
    }

    private string Host(Draft draft)
    {
        draft.IsBroken = true;
        draft.Host = Any<string?>([null, "", "evil.example", "localhost:99999", "local host", "localhost, localhost", "[::1", "\u00e9"]);
        if (chance.Next(4) == 0) draft.Headers.Add(("Host", "localhost"));
        return "Host";
    }

    private string Length(Draft draft)
    {
        draft.Text = """{ "steps": 1 }""";
        draft.IsBroken = true;
        draft.Length = Any(["-1", "x", "1e3", "99999999999999999999", "15", "5000", "1048577", "0x5", "3, 3", "1", "+14"]);
        return "Content-Length";
    }

    private string Chunks(Draft draft)
    {
        draft.IsBroken = true;
        draft.Headers.Add(("Transfer-Encoding", Any(["chunked", "chunked", "chunked", "gzip, chunked", "identity", "x", "chunked, chunked"])));
        if (chance.Next(4) == 0) draft.Headers.Add(("Content-Length", "5"));
        draft.Text = Any(["5\r\n{\"a\":", "zz\r\n{}\r\n0\r\n\r\n", "2\r\n{}\r\n", "FFFFFFFFFFFFFFFF\r\n{}", "-1\r\n", "2;x=" + new string('e', 3000) + "\r\n{}\r\n0\r\n\r\n", "2\r\n{}0\r\n\r\n", "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", "", "\r\n"]);
        draft.Length = "";
        return "chunks";
    }

    private string Version(Draft draft)
    {
        draft.IsBroken = true;
        draft.Version = Any(["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/3", "http/1.1", "HTTP/1.1 x", "", "HTTP/1.99", "FTP/1.1"]);
        return "version";
    }

    private string Noise(Draft draft)
    {
        draft.IsBroken = true;
        draft.Raw = chance.Next(6) switch
        {
            0 => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(),
            1 => [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03],
            2 => "\r\n\r\n\r\n"u8.ToArray(),
            3 => "GET /v1/models HTTP/1.1\r\nHost: loc"u8.ToArray(),
            4 => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET {new string('/', 20_000)} HTTP/1.1\r\n\r\n")),
            _ => Bytes(chance.Next(1, 4000)),
        };
        return "no HTTP";
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        chance.NextBytes(bytes);
        return bytes;
    }
}
