using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>The requests and notifications of the protocol, as ARCHITECTURE.md lists them.</summary>
internal static class ProtocolMethods
{
    public static IReadOnlyList<Request> Requests { get; } =
    [
        new("initialize", typeof(InitializeParams), typeof(InitializeResult)),
        new("workspace/apply", typeof(ApplyParams), typeof(ApplyResult)),
        new("forward/retry", typeof(ForwardParams), null),
        new("forward/restart", typeof(ForwardParams), null),
        new("cluster/browse", typeof(BrowseParams), typeof(BrowseResult)),
        new("log/setLevel", typeof(SetLogLevelParams), null),
    ];

    public static IReadOnlyList<Notification> Notifications { get; } =
    [
        new("forwards/changed", typeof(ForwardsChangedParams)),
        new("log", typeof(LogParams)),
    ];

    internal sealed record Request(string Name, Type Parameters, Type? Result);

    internal sealed record Notification(string Name, Type Parameters);
}
