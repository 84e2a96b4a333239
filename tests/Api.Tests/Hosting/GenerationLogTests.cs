using System.Collections.Concurrent;
using Diffusion.Api.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Diffusion.Api.Tests.Hosting;

[Collection(SharedService.Name)]
public sealed class GenerationLogTests(Service service)
{
    [Fact]
    public async Task Generate_Served_IsOneLine()
    {
        var lines = new Lines();
        await using var observed = service.WithWebHostBuilder(b => b.ConfigureLogging(l => l.Services.AddSingleton<ILoggerProvider>(lines)));
        using var http = observed.CreateClient();
        (await http.PostAsync("/generate?steps=2&seed=8&n=3&sampler=dddm", null)).EnsureSuccessStatusCode();
        Assert.Matches(@"^Generation gen_\w+ by http: Succeeded, digits-dddm@1 dddm steps=2 n=3 seed=8 queue=[0-9.]+ms sample=[0-9.]+ms$", Assert.Single(lines.Written));
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public ILogger CreateLogger(string categoryName) => categoryName == typeof(GenerationLog).FullName ? this : NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
