using System.Text.Json.Serialization;

namespace Kftray.Testing.Faults;

/// <summary>What happens to a request that a fault applies to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FaultAction>))]
public enum FaultAction
{
    /// <summary>Answered with the fault's status code instead of being served.</summary>
    Status,

    /// <summary>Served after the fault's delay.</summary>
    Delay,

    /// <summary>Never answered; the connection stays open.</summary>
    Hang,

    /// <summary>The connection ends with a FIN.</summary>
    Drop,

    /// <summary>The connection ends with a reset.</summary>
    Reset,

    /// <summary>For a way of port-forward: the server behaves as one that has never heard of it.</summary>
    Unsupported,

    /// <summary>For the tunnel: answered 101 without the subprotocol, as some gateways do.</summary>
    WithoutSubprotocol,

    /// <summary>For watches, also for those that are open: accepted, and nothing is sent any more until the fault is healed.</summary>
    Silence,

    /// <summary>For watches, also for those that are open: everything is sent later by the fault's delay.</summary>
    Lag,

    /// <summary>For watches, also for those that are open: ended by an event that says 410.</summary>
    Expire,
}

/// <summary>
/// A fault is data: the same record in a test, over the control endpoint and in an end-to-end test. Empty patterns match everything.
/// </summary>
public sealed record RequestFault(FaultAction Action)
{
    public string? User { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; of port-forward create (upgrade) and get (WebSocket).</summary>
    public string? Verb { get; init; }

    /// <summary>With its subresource: <c>pods/portforward</c>. A path that is no resource has none: see <see cref="Path"/>.</summary>
    public string? Resource { get; init; }

    public string? Namespace { get; init; }

    /// <summary>The name of the object.</summary>
    public string? Name { get; init; }

    /// <summary>A prefix of the path, for example <c>/version</c>.</summary>
    public string? Path { get; init; }

    /// <summary>A way of port-forward: <c>spdy</c>, <c>tunnel</c> or <c>channels</c>.</summary>
    public string? Transport { get; init; }

    /// <summary>For <see cref="FaultAction.Status"/>: 400 and above.</summary>
    public int Code { get; init; } = 500;

    public string? Message { get; init; }

    /// <summary>Sent with the status.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>For <see cref="FaultAction.Delay"/> and <see cref="FaultAction.Lag"/>; other actions take place after it.</summary>
    public int DelayMilliseconds { get; init; }

    /// <summary>How many requests it applies to before it is gone; 0 for all.</summary>
    public int Times { get; init; }

    /// <summary>It does not stop the request; it changes what becomes of a watch.</summary>
    internal bool IsOfWatches => Action is FaultAction.Silence or FaultAction.Lag or FaultAction.Expire;
}
