using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>The API below a path of its own, as gateways with many clusters serve it. What is asked above it is not found.</summary>
internal static class PathPrefix
{
    public static RequestDelegate Wrap(string prefix, RequestDelegate api) => prefix.Length == 0 ? api : context =>
    {
        if (!context.Request.Path.StartsWithSegments(prefix, out var rest))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return context.Response.WriteAsync("404 page not found\n", context.RequestAborted);
        }

        (context.Request.PathBase, context.Request.Path) = (prefix, rest);
        return api(context);
    };
}
