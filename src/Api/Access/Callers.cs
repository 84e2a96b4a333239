using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using Diffusion.Api.Hosting;
using Diffusion.Inference.Jobs;
using Diffusion.Inference.Quotas;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Access;

/// <summary>Who a request is from, and what they may use.</summary>
/// <param name="Client">The name of the key, or the address.</param>
/// <param name="Allowance">Null for no limit.</param>
internal sealed record Caller(string Client, Allowance? Allowance);

/// <summary>Knows the callers of requests and hub connections.</summary>
internal sealed class Callers(KeyRing ring, IOptions<ApiOptions> options)
{
    private const int SubnetBytes = 8;

    private readonly Allowance anonymous = new(options.Value.AnonymousRowsPerMinute, options.Value.AnonymousConcurrentRows);

    /// <summary>The caller of a request, or of the request that opened a connection.</summary>
    public Caller Of(HttpContext http)
    {
        if (KeyIdOf(http.User) is { } id && ring.Find(id) is { } key) return new Caller(key.Name, key.ToAllowance());
        var address = http.Connection.RemoteIpAddress;
        var free = !options.Value.LimitLoopback && (address is null || IPAddress.IsLoopback(address));
        return new Caller(NameOf(address), free ? null : anonymous);
    }

    /// <summary>The request with its caller's name and limits in it.</summary>
    public GenerationRequest Sign(GenerationRequest request, HttpContext http)
    {
        var caller = Of(http);
        return request with { Client = caller.Client, Allowance = caller.Allowance };
    }

    /// <summary>The client whose generations somebody may see and end; null for all of them: where no key is required, and with the scope admin.</summary>
    public static string? OnlyOf(ClaimsPrincipal user) => user.HasClaim(KeyAuthentication.ScopeClaim, Scopes.Admin) ? null : user.Identity?.Name ?? "";

    /// <summary>Whether the key that somebody came in with is still valid.</summary>
    public bool IsStillAllowed(ClaimsPrincipal? user) => KeyIdOf(user) is { } id ? ring.Find(id) is not null : !ring.Required;

    private static string? KeyIdOf(ClaimsPrincipal? user) => user?.FindFirst(KeyAuthentication.IdClaim)?.Value;

    // one IPv6 host has a whole /64 to choose addresses from
    private static string NameOf(IPAddress? address)
    {
        if (address is null) return "local";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address)) return address.ToString();
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(SubnetBytes).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
