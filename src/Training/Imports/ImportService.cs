using Diffusion.Training.Files;
using System.Security.Cryptography;
using Diffusion.Training.Commands;
using Diffusion.Training.Data;
using Diffusion.Training.Sources;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Diffusion.Training.Imports;

/// <summary>
/// Imports what was uploaded, one at a time, on a thread of its own that never touches torch. When the service stops in the middle,
/// the next start imports it again from the upload.
/// </summary>
internal sealed partial class ImportService(SetImports imports, IOptions<TrainingOptions> options, IOptions<ImportOptions> limits, TimeProvider time, ILogger<ImportService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5), Round = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stop)
    {
        ImageSetCatalog.Tidy(options.Value.Data);
        return Task.WhenAll(ImportAsync(stop), TidyAsync(stop));
    }

    private async Task ImportAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var active = await WrittenAsync(() => imports.TakeAsync(stop), stop);
            Started(active.Id, active.Import.Name);
            try
            {
                var error = await DedicatedThread.Run($"import {active.Import.Name}", () => Import(active));
                await WrittenAsync(() => imports.Finish(active, error), stop);
            }
            catch (OperationCanceledException) when (active.Stopping.IsCancellationRequested)
            {
                Stopped(active.Id);
            }
            finally
            {
                await WrittenAsync(() => imports.Leave(active), CancellationToken.None);
            }
        }
    }

    /// <returns>Why there is no set now, or null.</returns>
    private string? Import(ActiveImport active)
    {
        var (import, stop) = (active.Import, active.Stopping);
        var settings = import.Settings with { Limits = new ImportLimits { Entries = limits.Value.MaxEntries, SetBytes = limits.Value.MaxSetBytes } };
        try
        {
            if (import.Sha256 is { } announced && DigestOf(active.Path, stop) is var found && found != announced) return $"The upload has SHA-256 {found}, announced was {announced}; nothing was imported.";
            using var source = ImageSources.Open(active.Path, settings.Limits);
            var target = Path.Combine(options.Value.Data, import.Name);
            Directory.CreateDirectory(options.Value.Data);
            var report = new ImageSetImporter(settings).Import(source, target, p => imports.Advance(active, p), stop, import.Id);
            Imported(active.Id, import.Name, report.Manifest.Splits.Values.Sum(), report.Manifest.Refused);
            return null;
        }
        catch (DamagedDataException refused)
        {
            Refused(active.Id, refused.Message);
            return $"{NameOf(refused.File, active.Path)}: {refused.Problem}";
        }
        catch (ImageSetExistsException exists)
        {
            Refused(active.Id, exists.Message);
            return exists.Message;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // one source must not end the service: the next one may be sound
            Failed(failure, active.Id);
            return failure is IOException ? "The set could not be written, or the upload could not be read; the log of the service tells more." : "The import failed; the log of the service tells more.";
        }
    }

    // the folders of the service are nobody's business
    private static string NameOf(string file, string upload) =>
        file.StartsWith(upload, StringComparison.Ordinal) ? Path.GetFileName(upload) + file[upload.Length..] : Path.GetFileName(file);

    private static string DigestOf(string path, CancellationToken stop)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0);
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (file.Read(buffer) is var read and > 0)
        {
            stop.ThrowIfCancellationRequested();
            digest.AppendData(buffer, 0, read);
        }
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private async Task TidyAsync(CancellationToken stop)
    {
        using var rounds = new PeriodicTimer(Round, time);
        do
        {
            await WrittenAsync(() =>
            {
                foreach (var left in imports.Tidy()) GivenUp(left.Id, left.Offset, left.Changed);
            }, stop);
        }
        while (await rounds.WaitForNextTickAsync(stop));
    }

    private Task WrittenAsync(Action write, CancellationToken stop) => WrittenAsync(() =>
    {
        write();
        return Task.FromResult(true);
    }, stop);

    private Task<T> WrittenAsync<T>(Func<Task<T>> write, CancellationToken stop) =>
        new Insistence<ImportStoreException>(Pause, time, failure => NotWritten(failure, Pause)).WrittenAsync(write, stop);

    [LoggerMessage(Level = LogLevel.Information, Message = "Upload {Id} is imported as {Name}.")]
    private partial void Started(string id, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Upload {Id} became image set {Name}: {Images} images, {RefusedCount} entries refused.")]
    private partial void Imported(string id, string name, int images, int refusedCount);

    [LoggerMessage(Level = LogLevel.Information, Message = "The import of upload {Id} was stopped.")]
    private partial void Stopped(string id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upload {Id} cannot be imported: {Reason}")]
    private partial void Refused(string id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The import of upload {Id} failed.")]
    private partial void Failed(Exception failure, string id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Upload {Id} was given up after {Bytes} bytes; nothing was added since {Changed}.")]
    private partial void GivenUp(string id, long bytes, DateTimeOffset changed);

    [LoggerMessage(Level = LogLevel.Error, Message = "The record of an upload cannot be written; tried again in {Pause}.")]
    private partial void NotWritten(Exception failure, TimeSpan pause);
}
