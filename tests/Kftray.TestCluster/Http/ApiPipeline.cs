using Kftray.Testing.Faults;
using Kftray.Testing.PortForward;
using Kftray.Testing.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kftray.Testing.Http;

/// <summary>The road of every request: who, what, a fault perhaps, allowed or not, served.</summary>
internal sealed class ApiPipeline(
    ClusterUsers users,
    Rbac rbac,
    ClusterFaults faults,
    ObservedRequests observed,
    OpenConnections connections,
    ResourceEndpoint resources,
    WatchEndpoint watches,
    PortForwardEndpoint portForward,
    LogEndpoint logs,
    TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await ServeAsync(context);
        }
        catch (ApiException refusal) when (!context.Response.HasStarted)
        {
            await context.Response.WriteStatusAsync(refusal);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone, or a fault has ended its connection.
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var request = RequestInfo.From(context.Request);
        var connection = connections.Mark(context.Connection.Id, request.QualifiedResource);
        string? user = null;
        ApiException? refusal = null;
        try
        {
            user = Authenticate(context);
        }
        catch (ApiException unauthorized)
        {
            refusal = unauthorized;
        }

        observed.Add(new ObservedRequest(
            user, request.Verb, request.QualifiedResource, request.Namespace, request.Name,
            context.Request.Method, request.Path + context.Request.QueryString, request.Transport) { Identity = RequestIdentity.From(context, user) });
        var fault = faults.Take(user, request);
        if (fault is not null && !await SufferAsync(fault, connection, context)) return;
        if (refusal is not null) throw refusal;

        // Like the version and the health, discovery is for everybody who is somebody.
        if (await Discovery.TryServeAsync(context)) return;
        if (request.Kind is null) await ServeOtherPathsAsync(context, request);
        else
        {
            Authorize(user!, request.Verb, request);
            await DispatchAsync(context, request, user!, fault);
        }
    }

    private Task DispatchAsync(HttpContext context, RequestInfo request, string user, RequestFault? fault)
    {
        if (request.Subresource == "portforward")
        {
            // From 1.35 on the WebSocket ways need the verb of the upgrade, too.
            if (request.Verb == "get") Authorize(user, "create", request);
            return portForward.ServeAsync(context, request, fault?.Action);
        }

        if (request is { Subresource: "log", Verb: "get" }) return logs.ServeAsync(context, request);
        return request.Verb == "watch"
            ? watches.ServeAsync(context, request, user)
            : resources.ServeAsync(context, request, access => rbac.Allows(user, access.Verb, access.Resource, access.Namespace));
    }

    private string Authenticate(HttpContext context)
    {
        var certificate = context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
        var user = users.Authenticate(certificate, context.Request.Headers.Authorization);
        if (context.Request.Headers["Impersonate-User"].ToString() is not { Length: > 0 } other) return user;
        return rbac.Allows(user, "impersonate", "users", "")
            ? other
            : throw new ApiException(403, "Forbidden", $"users \"{other}\" is forbidden: User \"{user}\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope");
    }

    private void Authorize(string user, string verb, RequestInfo request)
    {
        // Everybody may ask what they may do.
        if (request.Kind!.IsCreateOnly || rbac.Allows(user, verb, request.QualifiedResource!, request.Namespace ?? "")) return;
        var subject = request.Name is null ? request.Kind.QualifiedName : $"{request.Kind.QualifiedName} \"{request.Name}\"";
        var scope = request.Namespace is null ? "at the cluster scope" : $"in the namespace \"{request.Namespace}\"";
        throw new ApiException(
            403,
            "Forbidden",
            $"{subject} is forbidden: User \"{user}\" cannot {verb} resource \"{request.QualifiedResource}\" in API group \"{request.Kind.Group}\" {scope}",
            new() { ["name"] = request.Name, ["kind"] = request.Kind.Plural });
    }

    /// <returns>True when the request is to be served all the same.</returns>
    private async Task<bool> SufferAsync(RequestFault fault, OpenConnection? connection, HttpContext context)
    {
        if (fault.DelayMilliseconds > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMilliseconds), time, context.RequestAborted);
        switch (fault.Action)
        {
            case FaultAction.Status:
                throw new ApiException(fault.Code, ReasonOf(fault.Code), fault.Message ?? $"test fault: {fault.Code}")
                {
                    RetryAfterSeconds = fault.RetryAfterSeconds,
                };
            case FaultAction.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, time, context.RequestAborted);
                return false;
            case FaultAction.Drop:
                connection?.Drop();
                context.Abort();
                return false;
            case FaultAction.Reset:
                connection?.Reset();
                context.Abort();
                return false;
            default:
                return true;
        }
    }

    private static Task ServeOtherPathsAsync(HttpContext context, RequestInfo request) => request.Path switch
    {
        "/healthz" or "/livez" or "/readyz" => context.Response.WriteAsync("ok", context.RequestAborted),
        _ => throw ApiException.UnknownPath(),
    };

    private static string ReasonOf(int code) => code switch
    {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        409 => "Conflict",
        410 => "Expired",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        _ => "InternalError",
    };
}
