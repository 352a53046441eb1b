using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>One wanted forward with every default filled in. Immutable; equality decides whether a running forward is touched.</summary>
internal sealed record ForwardSpec
{
    /// <summary>Source and alias.</summary>
    public required string Id { get; init; }

    public required string Alias { get; init; }

    /// <summary>Folder name, or <c>user</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The document that defines it.</summary>
    public required string Uri { get; init; }

    /// <summary>Line of the definition, from 0.</summary>
    public int Line { get; init; }

    public WorkloadType WorkloadType { get; init; } = WorkloadType.Service;

    public ForwardProtocol Protocol { get; init; } = ForwardProtocol.Tcp;

    /// <summary>Name of the Service or pod; null for a pod found by <see cref="Selector"/> alone.</summary>
    public string? Service { get; init; }

    /// <summary>Label selector of the pods, only for <see cref="WorkloadType.Pod"/>.</summary>
    public string? Selector { get; init; }

    /// <summary>Host behind the cluster, only for <see cref="WorkloadType.Proxy"/>.</summary>
    public string? RemoteAddress { get; init; }

    public required PortReference RemotePort { get; init; }

    /// <summary>Null: the kubeconfig's current context, followed when it changes.</summary>
    public string? Context { get; init; }

    /// <summary>Null: the context's namespace, else <c>default</c>.</summary>
    public string? Namespace { get; init; }

    /// <summary>One or more kubeconfig paths, separated as in <c>$KUBECONFIG</c>. Null: <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>An IP address of this machine, or <c>localhost</c>, which is both 127.0.0.1 and ::1.</summary>
    public string LocalAddress { get; init; } = "127.0.0.1";

    /// <summary>True when other machines can reach the local port.</summary>
    public bool IsExposed => LocalAddress != "localhost" && !IPAddress.IsLoopback(IPAddress.Parse(LocalAddress));

    /// <summary>0: a free port that stays the same for the same source and alias.</summary>
    public int LocalPort { get; init; }

    /// <summary>Where the local port is in use: the next free one above it.</summary>
    public bool NextFreeLocalPort { get; init; }

    /// <summary>How long a new connection waits for a target.</summary>
    public TimeSpan HoldTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the pod may be silent after the client's end of stream before it is told.</summary>
    public TimeSpan HalfCloseGrace { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan ReconnectMaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    public Balance Balance { get; init; } = Balance.First;

    public OpenScheme? Open { get; init; }

    public bool AutoStart { get; init; }

    /// <summary>How its relay is run; null for a forward that needs none.</summary>
    public RelaySpec? Relay { get; init; }

    /// <summary>True for what a port-forward cannot carry: datagrams, and hosts that are no pods.</summary>
    public bool NeedsRelay => WorkloadType == WorkloadType.Proxy || Protocol == ForwardProtocol.Udp;

    /// <summary>Why it may not run at all (untrusted workspace, not supported, non-loopback address); null when it may.</summary>
    public Fault? Blocked { get; init; }

    /// <summary>In kubectl's words: <c>svc/api:80</c>, <c>pod/web-0:8080</c>, <c>pod -l app=web:8080</c>.</summary>
    public string TargetLabel => WorkloadType switch
    {
        WorkloadType.Service => $"svc/{Service}:{RemotePort}",
        WorkloadType.Pod when Service is null => $"pod -l {Selector}:{RemotePort}",
        WorkloadType.Pod => $"pod/{Service}:{RemotePort}",
        WorkloadType.Proxy => $"{RemoteAddress ?? Service}:{RemotePort}",
        _ => $"{Service}:{RemotePort}",
    };

    /// <summary>True when both listen at the same place and lead to the same place: a running forward goes on undisturbed.</summary>
    public bool SameRoute(ForwardSpec other) => Route == other.Route;

    private (WorkloadType, ForwardProtocol, string?, string?, string?, PortReference, string?, string?, string?, string, int, RelaySpec?, Fault?) Route =>
        (WorkloadType, Protocol, Service, Selector, RemoteAddress, RemotePort, Context, Namespace, Kubeconfig, LocalAddress, LocalPort, Relay, Blocked);
}

/// <summary>A port by number or by name, as Kubernetes allows both.</summary>
/// <param name="Number">1–65535, or 0 when <paramref name="Name"/> says which.</param>
internal readonly record struct PortReference(int Number, string? Name = null)
{
    public override string ToString() => Name ?? Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
