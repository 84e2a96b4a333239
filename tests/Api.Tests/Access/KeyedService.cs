using System.Net.Http.Headers;
using Diffusion.Api.Access;
using Microsoft.AspNetCore.Hosting;

namespace Diffusion.Api.Tests.Access;

/// <summary>The service with API keys.</summary>
public sealed class KeyedService : Service
{
    /// <summary>A key with the scopes, made now.</summary>
    public string Add(string name, params string[] scopes) => Add(name, null, null, scopes);

    /// <summary>A key with the scopes and limits, made now.</summary>
    public string Add(string name, long? rowsPerMinute, int? concurrentRows, params string[] scopes)
    {
        var token = KeyToken.Create();
        var key = new ApiKey
        {
            Name = name,
            Id = token.Id,
            Hash = token.Hash(),
            Scopes = scopes,
            RowsPerMinute = rowsPerMinute,
            ConcurrentRows = concurrentRows,
            Created = DateTimeOffset.UnixEpoch,
        };
        Diffusion.Api.Access.KeyFile.Change(KeyFile, f => f with { Keys = [.. f.Keys, key] });
        return token.Text;
    }

    /// <summary>Takes a key back.</summary>
    public void Revoke(string name) => Diffusion.Api.Access.KeyFile.Change(KeyFile, f => f with { Keys = [.. f.Keys.Where(k => k.Name != name)] });

    /// <summary>One request with a key, or without.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key = null, string header = "Authorization")
    {
        var request = new HttpRequestMessage(method, path);
        if (key is not null && header == "Authorization") request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        else if (key is not null) request.Headers.Add(header, key);
        return Http.SendAsync(request);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        Add("first", Scopes.All.ToArray());
    }
}
