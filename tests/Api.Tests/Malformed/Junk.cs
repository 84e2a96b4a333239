using System.Text;

namespace Diffusion.Api.Tests.Malformed;

/// <summary>Values that no field should choke on.</summary>
internal static class Junk
{
    /// <summary>Text, for queries, paths and JSON strings.</summary>
    public static readonly string[] Texts =
    [
        "-1", "0", "1.5", "1e3", "1e999", "-1e999", "NaN", "Infinity", "-0", "+1", "0x10", "1_000", "٣", "９", "1,2,x", ",", ",,,", "1,", "true", "null", "[]", "{}", "'", "\"", "\\",
        "2147483648", "-2147483649", "9223372036854775808", "18446744073709551616", new('9', 400), "0." + new string('0', 400) + "1",
        new('a', 3000), "<script>alert(1)</script>", "'; DROP TABLE generations; --", "../../etc/passwd", "..\\..\\x", "%00", "%2e%2e", "\0", "a\0b", "\r\nX-Injected: 1", "\u202e", "\uffff", "🙂",
        "digits-ddpm@", "digits-ddpm@-1", "digits-ddpm@0", "digits-ddpm@99999999999", "digits-ddpm@@1", "@", "@prod", "Digits-DDPM", "digits ddpm", "DDIM", "dd im", "gen_", "gen_" + new string('0', 31),
        "gen_" + new string('f', 32), "gen_" + new string('g', 32), "default", "1", "999999", "${jndi:ldap://x}", "{0}", "%s%n", "\t",
    ];

    /// <summary>JSON values, as they are written.</summary>
    public static readonly string[] Values =
    [
        "true", "false", "-1", "0", "0.5", "1e999", "-1e400", "1E-400", "123456789012345678901234567890", "\"\"", "\"x\"", "\" \"", "[]", "[[]]", "[null]", "[1, \"x\", {}]", "{}", "{\"a\": 1}",
        "{\"seed\": {}}", "{\"seed\": 1, \"image\": \"\"}", "{\"generation\": \"..\"}", "{\"image\": \"iVBORw0KGgo=\"}", "[\"iVBORw0KGgo=\"]", "[\"not base64\"]", "\"\\ud800\"", "\"\\u0000\"", "\"" + new string('y', 5000) + "\"",
        "[" + string.Join(',', Enumerable.Repeat("1", 5000)) + "]", "\"2147483648\"", "\"NaN\"", "\"1,2,x\"", "99999999999999999999", "-0", "\"\\\"\"",
    ];

    /// <summary>Bodies that are no JSON object.</summary>
    public static readonly byte[][] Bodies =
    [
        .. new[]
        {
            "{", "}", "[", "]", "{]", "{\"steps\"", "{\"steps\":", "{\"steps\":1", "{\"steps\":1,}", "{\"steps\":1}}", "{\"steps\":1} x", "{'steps':1}", "{steps:1}", "{\"steps\":01}", "{\"steps\":+1}", "{\"steps\":.5}",
            "{\"steps\":NaN}", "{\"steps\":Infinity}", "// x\n{}", "{/* x */}", "null", "true", "1", "\"x\"", "[]", "[{}]", "nul", "{\"steps\":1,\"steps\":2}", "{\"\":1}", "{\"a\":\"\\q\"}", "{\"a\":\"\n\"}", " ", "\0",
            "<xml/>", "steps=1", "{\"options\":{\"options\":{}}}", "{\"options\":[]}", "{\"__proto__\":{}}",
            string.Concat(Enumerable.Repeat("[", 10_000)), string.Concat(Enumerable.Repeat("{\"a\":", 200)), "{\"a\":" + new string('1', 20_000) + "}", "{\"" + new string('k', 20_000) + "\":1}",
        }.Select(Encoding.UTF8.GetBytes),
        [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00],
        [0xfe, 0xff, 0x00, 0x7b, 0x00, 0x7d],
        [0xef, 0xbb, 0xbf, 0x7b],
        [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d],
        [0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d],
        [0x1f, 0x8b, 0x08, 0x00, 0x00],
    ];

    /// <summary>Media types that are not what is wanted, or none.</summary>
    public static readonly string[] Types =
    [
        "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=" + new string('b', 300), "image/png", "json", "/", "application/", ";",
        "application/json; charset=klingon", "application/json; charset=utf-16", "application/json;;;=", "application/jsonp", "application/octet-stream", "*/*", "", "application/json, text/plain",
    ];

    /// <summary>Values of headers by name.</summary>
    public static readonly (string Name, string[] Values)[] Headers =
    [
        ("Prefer", ["wait=0", "wait=-1", "wait=61", "wait=x", "wait=", "wait", "wait=1, wait=2", "respond-async=1", "wait=99999999999999999999", "=", ",,,", "wait=\"", "wait=1;;;x"]),
        ("Idempotency-Key", ["", new('k', 256), "caf\u00e9", "\t", new('k', 5000), "a\u0001b"]),
        ("If-Match", ["x", "\"", "\"a", "W/", "W/\"1\"", "\"1-0\", x", ",", "**", "\"\u00e9\"", new('"', 400)]),
        ("If-None-Match", ["x", "\"", "W/\"", "\"a\" \"b\"", ",", new('"', 400)]),
        ("Range", ["bytes=", "bytes=-", "bytes=5-1", "bytes=99999999999999999999-", "bytes=0-0,1-1,2-2", "lines=1-2", "bytes=a-b", "bytes=--1", "bytes=" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"{i}-{i}"))]),
        ("If-Range", ["x", "\"", "Tue, 99 Foo 2026 00:00:00 GMT"]),
        ("If-Modified-Since", ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "99999999999"]),
        ("Accept", ["audio/mpeg", "x", "image/*;q=2", "image/png;q=x", ";;;", "image/png;q=0", "*/*;q=0", ",", "text/event-stream", new('a', 6000), string.Join(',', Enumerable.Repeat("image/png", 900))]),
        ("Accept-Encoding", ["x", "gzip;q=9", ",,,"]),
        ("Content-Encoding", ["gzip", "br", "klingon"]),
        ("Authorization", ["Bearer", "Bearer ", "Bearer x", "Basic !!!", "dk_", "Bearer dk_0123456789ab_" + new string('0', 64), new('B', 6000)]),
        ("X-Api-Key", ["", "x", "dk_zz"]),
        ("Cookie", ["a", "=;=;=", new('c', 7000)]),
        ("Origin", ["null", "http://evil.example", "x", "http://"]),
        ("Sec-Fetch-Site", ["cross-site", "same-site", "x"]),
        ("Last-Event-ID", ["x", "-1", "99999999999999999999", ""]),
        ("Expect", ["100-continue", "x"]),
        ("X-Forwarded-For", ["x, y", "::::", "127.0.0.1"]),
        ("X-HTTP-Method-Override", ["DELETE"]),
        ("traceparent", ["x", "00-0-0-0", "00-" + new string('f', 32) + "-" + new string('f', 16) + "-zz"]),
        ("Upgrade", ["websocket", "h2c"]),
    ];
}
