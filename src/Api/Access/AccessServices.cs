using Diffusion.Api.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Diffusion.Api.Access;

/// <summary>Registration of keys, scopes and quotas.</summary>
internal static class AccessServices
{
    /// <summary>Why the service must not start as it is set up, or null.</summary>
    public static string? StartRefusal(WebApplicationBuilder builder)
    {
        try
        {
            var keys = KeyFile.Read(builder.Environment.PathIn(Settings.KeyFile(builder.Configuration)));
            return ListenAddresses.Refusal(builder.Configuration, hasKeys: keys is { Keys.Count: > 0 });
        }
        catch (Exception damage) when (damage is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return $"The API keys cannot be read: {damage.Message}";
        }
    }

    public static void AddAccess(this IServiceCollection services, IConfiguration settings)
    {
        var alwaysRequired = !Settings.IsInsecure(settings) && ListenAddresses.Open(settings).Any();
        services.AddSingleton(s => new KeyRing(
            s.GetRequiredService<IHostEnvironment>().PathIn(s.GetRequiredService<IOptions<ApiOptions>>().Value.KeyFile),
            alwaysRequired, s.GetRequiredService<ILogger<KeyRing>>()));
        services.AddSingleton<Callers>();
        services.AddAuthentication(KeyAuthentication.SchemeName).AddScheme<AuthenticationSchemeOptions, KeyAuthentication>(KeyAuthentication.SchemeName, null);
        var authorization = services.AddAuthorizationBuilder()
            // what names no scope, and what is not there, needs a key all the same
            .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        foreach (var scope in Scopes.All)
            authorization.AddPolicy(scope, policy => policy.RequireAuthenticatedUser().RequireClaim(KeyAuthentication.ScopeClaim, scope));
    }

    /// <summary>After everything that needs no key: the page, Swagger.</summary>
    public static void UseAccess(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseQuotaHeaders();
    }
}
