using System.Net;
using System.Security.Claims;
using Diffusion.Api.Access;
using Diffusion.Api.Hosting;
using Diffusion.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Tests.Access;

public sealed class CallersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly ApiOptions options = new() { AnonymousRowsPerMinute = 7, AnonymousConcurrentRows = 3 };

    public void Dispose() => folder.Dispose();

    private Callers Callers() => new(new KeyRing(folder["keys.json"], alwaysRequired: false, NullLogger<KeyRing>.Instance), Options.Create(options));

    private Caller From(string? address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        return Callers().Of(http);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:3::1", "2001:db8:1:3::/64")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData(null, "local")]
    public void Of_AnAddress_IsOneClientAHost(string? address, string client) => Assert.Equal(client, From(address).Client);

    [Theory]
    [InlineData("192.0.2.1", false, true)]
    [InlineData("::ffff:192.0.2.1", false, true)]
    [InlineData("127.0.0.1", false, false)]
    [InlineData("::1", false, false)]
    [InlineData(null, false, false)]
    [InlineData("127.0.0.1", true, true)]
    public void Of_AnAddress_IsLimitedUnlessItIsThisMachine(string? address, bool limitLoopback, bool limited)
    {
        options.LimitLoopback = limitLoopback;
        Assert.Equal(limited ? (7L, 3) : (null, null), (From(address).Allowance?.RowsPerMinute, From(address).Allowance?.ConcurrentRows));
    }

    [Fact]
    public void IsStillAllowed_ConnectionWithoutAKey_EndsWhenKeysAreRequired()
    {
        var callers = Callers();
        Assert.True(callers.IsStillAllowed(new ClaimsPrincipal()));
        Assert.True(callers.IsStillAllowed(null));
        KeyFile.Change(folder["keys.json"], file => file);
        Assert.False(callers.IsStillAllowed(new ClaimsPrincipal()));
        Assert.False(callers.IsStillAllowed(null));
    }
}
