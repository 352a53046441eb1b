using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>The API server answered, and its answer is a refusal, already classified.</summary>
internal sealed class ApiStatusException(HttpStatusCode status, Fault fault, TimeSpan? retryAfter) : Exception(fault.Message)
{
    public HttpStatusCode Status { get; } = status;

    public Fault Fault { get; } = fault;

    /// <summary>What the server asked for; null when it said nothing.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
