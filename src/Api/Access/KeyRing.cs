namespace Diffusion.Api.Access;

/// <summary>The keys that are valid now. Looks at the file at every question, so a key that is revoked is refused at once.</summary>
internal sealed partial class KeyRing(string path, bool alwaysRequired, ILogger<KeyRing> log)
{
    private readonly Lock gate = new();
    private (bool Exists, DateTime Written, long Length) seen;
    private Dictionary<string, ApiKey>? byId;

    /// <summary>
    /// Whether calls need a key: as soon as there is a file of keys, even an empty one, so that revoking the last key
    /// opens nothing; and always where other machines can reach the service and nobody allowed that.
    /// </summary>
    public bool Required
    {
        get
        {
            Look();
            return alwaysRequired || byId is not null;
        }
    }

    /// <summary>The stored key that a token proves, or null.</summary>
    public ApiKey? Find(KeyToken token) => Find(token.Id) is { } key && token.Proves(key) ? key : null;

    /// <summary>The stored key of that id, or null.</summary>
    public ApiKey? Find(string id)
    {
        Look();
        return byId?.GetValueOrDefault(id);
    }

    private void Look()
    {
        var file = new FileInfo(path);
        var now = file.Exists ? (true, file.LastWriteTimeUtc, file.Length) : default;
        lock (gate)
        {
            if (now == seen) return;
            seen = now;
            try
            {
                byId = KeyFile.Read(path)?.Keys.ToDictionary(k => k.Id, StringComparer.Ordinal);
                if (byId is not null) LogRead(byId.Count);
            }
            catch (Exception damage) when (damage is InvalidDataException or IOException or UnauthorizedAccessException)
            {
                // the keys that were good stay good; with none, nobody comes in
                byId ??= [];
                LogDamaged(damage, damage.Message);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} API keys are valid.")]
    private partial void LogRead(int count);

    [LoggerMessage(2, LogLevel.Error, "The API keys cannot be read, those read before stay valid: {Reason}")]
    private partial void LogDamaged(Exception cause, string reason);
}
