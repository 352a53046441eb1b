using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>The API server answered, and its answer is a refusal, already classified.</summary>
internal sealed class ApiStatusException(
    HttpStatusCode status, Fault fault, TimeSpan? retryAfter, bool isAboutTheObject = false) : Exception(fault.Message)
{
    public HttpStatusCode Status { get; } = status;

    public Fault Fault { get; } = fault;

    /// <summary>
    /// The refusal names the object. Of a creation that is forbidden: not the user's role forbids it, but what the object is like (quota, policies).
    /// </summary>
    public bool IsAboutTheObject { get; } = isAboutTheObject;

    /// <summary>What the server asked for; null when it said nothing.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
