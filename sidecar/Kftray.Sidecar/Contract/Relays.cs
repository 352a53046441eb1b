using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>Who needs a relay.</summary>
[JsonConverter(typeof(CamelCaseEnum<RelayUse>))]
public enum RelayUse
{
    /// <summary>A forward of this process.</summary>
    InUse,

    /// <summary>Another process of this user on this machine that runs.</summary>
    InUseElsewhere,

    /// <summary>Nobody: the process that made it has ended.</summary>
    Orphaned,

    /// <summary>A pod of the desktop app, which never ends by itself.</summary>
    DesktopApp,
}

/// <param name="Kubeconfig">As in the settings; absent for theirs.</param>
/// <param name="Contexts">The clusters to look in. Absent: the current context, and those in which forwards have relays now.</param>
public sealed record RelayListParams(IReadOnlyList<string>? Kubeconfig = null, IReadOnlyList<string>? Contexts = null);

/// <summary>A relay of this user.</summary>
/// <param name="Name">Of the Job, or of the desktop app's pod.</param>
/// <param name="Target">What it leads to: <c>udp dns.shop.svc:53</c>. Empty when it is not said.</param>
public sealed record RelayInfo(
    [property: JsonRequired] string Context,
    [property: JsonRequired] string Namespace,
    [property: JsonRequired] string Name,
    [property: JsonRequired] string Uid,
    [property: JsonRequired] string Target,
    [property: JsonRequired] RelayUse Use,
    DateTimeOffset? CreatedAt);

/// <param name="Faults">Why some clusters could not answer.</param>
public sealed record RelayListResult(IReadOnlyList<RelayInfo> Relays, IReadOnlyList<Fault> Faults);

/// <param name="Kubeconfig">As in the settings; absent for theirs.</param>
/// <param name="Relays">From a list. What is not this user's is not touched, whatever stands here.</param>
public sealed record RelayRemoveParams([property: JsonRequired] IReadOnlyList<RelayInfo> Relays, IReadOnlyList<string>? Kubeconfig = null);

/// <param name="Removed">Those that were removed now.</param>
public sealed record RelayRemoveResult(IReadOnlyList<RelayInfo> Removed, IReadOnlyList<Fault> Faults);
