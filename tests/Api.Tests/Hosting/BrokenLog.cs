using Diffusion.Api.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Diffusion.Api.Tests.Hosting;

/// <summary>A log that fails when a generation has ended, as a full disk would make it.</summary>
internal sealed class BrokenLog : ILoggerProvider, ILogger
{
    public const string Secret = "disk full";

    public ILogger CreateLogger(string categoryName) => categoryName == typeof(GenerationLog).FullName ? this : NullLogger.Instance;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        throw new IOException(Secret);

    public void Dispose()
    {
    }
}
