using Microsoft.Net.Http.Headers;

namespace Diffusion.Api.Hosting;

/// <summary>The page at /: files are asked for again at each visit, and sent again only if they have changed.</summary>
internal static class Page
{
    public static void UsePage(this WebApplication app)
    {
        app.UseDefaultFiles();
        app.UseStaticFiles(new StaticFileOptions
        {
            OnPrepareResponse = file => file.Context.Response.Headers[HeaderNames.CacheControl] =
                file.Context.Request.Path.StartsWithSegments("/lib") ? "public, max-age=86400" : "no-cache",
        });
    }
}
