using System.Reflection;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Rpc;
using StreamJsonRpc;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>The requests and notifications of the protocol.</summary>
internal static class ProtocolMethods
{
    /// <summary>As the sidecar's RPC interface declares them, in that order.</summary>
    public static IReadOnlyList<Request> Requests { get; } =
    [
        .. typeof(ISidecar).GetMethods().OrderBy(m => m.MetadataToken).Select(m => new Request(
            m.GetCustomAttribute<JsonRpcMethodAttribute>()!.Name!,
            m.GetParameters()[0].ParameterType,
            m.ReturnType.GetGenericArguments().FirstOrDefault())),
    ];

    public static IReadOnlyList<Notification> Notifications { get; } =
    [
        new("forwards/changed", typeof(ForwardsChangedParams)),
        new("forward/podLog", typeof(PodLogParams)),
        new("log", typeof(LogParams)),
    ];

    internal sealed record Request(string Name, Type Parameters, Type? Result);

    internal sealed record Notification(string Name, Type Parameters);
}
