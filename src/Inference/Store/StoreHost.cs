using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Inference.Store;

/// <summary>Opens the store, takes up what was left, keeps it within its limits, and closes it after the engine has stopped.</summary>
internal sealed class StoreHost(
    StoreDoor door, GenerationArchive archive, Recovery recovery, Retention retention, IOptions<StoreOptions> options, TimeProvider time, ILogger<StoreHost> logger)
    : BackgroundService
{
    private IReadOnlyList<string>? unfinished;
    private string? said;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        TryOpen();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await archive.StopAsync().ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (door.Shut is not null)
            {
                await Task.Delay(options.Value.RetryPause, time, stoppingToken).ConfigureAwait(false);
                TryOpen();
            }
            await RecoverAsync(stoppingToken).ConfigureAwait(false);
            using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
            do await SweepAsync().ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // stopping is not an error
        }
    }

    // before the first request is answered, so that what was left is known from what comes
    private void TryOpen()
    {
        try
        {
            var session = door.Open();
            recovery.RemoveStrays(session);
            unfinished = Recovery.Unfinished(session);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            // it is tried again every other second: said once, and again when the reason is another
            if (failure.Message != said) logger.StoreShut(options.Value.Path, said = failure.Message);
        }
    }

    private async Task RecoverAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await recovery.RunAsync(door.Session, unfinished ??= Recovery.Unfinished(door.Session), stoppingToken).ConfigureAwait(false);
                return;
            }
            catch (StoreUnavailableException failure)
            {
                logger.StoreTrouble(failure, failure.Message);
            }
            await Task.Delay(options.Value.RetryPause, time, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task SweepAsync()
    {
        try
        {
            await retention.SweepAsync(door.Session).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            logger.StoreTrouble(failure, failure.Message);
        }
    }
}
