using System.Diagnostics;
using Diffusion.Api.Hosting;
using Microsoft.Extensions.Configuration;

namespace Diffusion.Api.Tests.Hosting;

public sealed class ListenAddressesTests
{
    private static string? Refusal(params string[] settings) => ListenAddresses.Refusal(Build(settings), hasKeys: false);

    private static IConfiguration Build(params string[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => s.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], (string?)p[1]))).Build();

    [Theory]
    [InlineData("urls=http://localhost:8080")]
    [InlineData("urls=http://127.0.0.1:0;http://[::1]:0")]
    [InlineData("urls=http://127.8.0.1:80")]
    [InlineData("urls=http://unix:/tmp/diffusion.sock")]
    [InlineData("Kestrel:Endpoints:A:Url=https://localhost")]
    [InlineData("a=b")]
    public void Refusal_Loopback_IsNull(string setting) => Assert.Null(Refusal(setting));

    [Theory]
    [InlineData("urls=http://0.0.0.0:8080")]
    [InlineData("urls=http://localhost:1;http://[::]:8080")]
    [InlineData("urls=http://*:8080")]
    [InlineData("urls=http://+:8080")]
    [InlineData("urls=http://192.168.1.4:8080")]
    [InlineData("urls=http://example.org")]
    [InlineData("http_ports=8080")]
    [InlineData("https_ports=8443")]
    [InlineData("Kestrel:Endpoints:A:Url=http://0.0.0.0:1")]
    public void Refusal_OtherAddress_SaysWhatToDo(string setting)
    {
        Assert.Contains("./run keys add", Refusal(setting), StringComparison.Ordinal);
        Assert.Contains("--insecure", Refusal(setting), StringComparison.Ordinal);
        Assert.Null(Refusal(setting, "Api:Insecure=true"));
        Assert.Null(ListenAddresses.Refusal(Build(setting), hasKeys: true));
    }

    [Fact]
    public async Task Program_PublicAddress_StopsBeforeItListens()
    {
        using var program = Process.Start(new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, "--urls", "http://0.0.0.0:0"]) { RedirectStandardError = true })!;
        var said = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync();
        Assert.Equal(2, program.ExitCode);
        Assert.Contains("http://0.0.0.0:0", said, StringComparison.Ordinal);
    }
}
