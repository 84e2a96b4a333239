using Diffusion.Api.Access;
using Diffusion.Api.Hosting;
using Diffusion.Inference.Quotas;
using Diffusion.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Tests.Access;

public sealed class QuotaHeadersTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>After the t seconds that an answer names all is there again, and not before.</summary>
    [Fact]
    public async Task Answer_RateLimit_RoundsNeitherUsedNorTimeDown()
    {
        var clock = new ManualTimeProvider();
        var ledger = new QuotaLedger(clock);
        var options = Options.Create(new ApiOptions { LimitLoopback = true, AnonymousRowsPerMinute = 100 });
        using var host = await new HostBuilder().ConfigureWebHost(web => web.UseTestServer()
            .ConfigureServices(s => s.AddSingleton(ledger).AddSingleton(new Callers(new KeyRing(folder["keys.json"], false, NullLogger<KeyRing>.Instance), options)))
            .Configure(app =>
            {
                app.UseQuotaHeaders();
                app.Run(http => http.Response.WriteAsync("x"));
            })).StartAsync();
        using var http = host.GetTestClient();
        async Task<string> LimitAsync() => Assert.Single((await http.GetAsync("/")).Headers.GetValues("RateLimit"));

        Assert.Equal("\"row-steps\";r=100;t=0", await LimitAsync());
        ledger.Charge("local", new Allowance(100), 50, 1);
        Assert.Equal("\"row-steps\";r=50;t=30", await LimitAsync());
        clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal("\"row-steps\";r=50;t=30", await LimitAsync());
        clock.Advance(TimeSpan.FromSeconds(29.5));
        Assert.Equal("\"row-steps\";r=100;t=0", await LimitAsync());
    }
}
