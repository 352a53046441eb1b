using Kftray.Testing.Http;
using Kftray.Testing.Pods;
using Kftray.Testing.PortForward;

namespace Kftray.Testing;

/// <summary>What a cluster is like from its first moment.</summary>
public sealed record TestClusterOptions
{
    /// <summary>Of the API server on 127.0.0.1; 0 for any.</summary>
    public int Port { get; init; }

    public RuntimeCharacter Runtime { get; init; } = RuntimeCharacter.Containerd;

    public PodTiming PodTiming { get; init; } = new();

    public ServerCertificateKind ServerCertificate { get; init; } = ServerCertificateKind.Valid;

    /// <summary>Where the API is served: <c>/k8s/clusters/c-1</c>, as gateways have it.</summary>
    public string PathPrefix { get; init; } = "";

    /// <summary>True for a server that does not offer HTTP/2, as some gateways.</summary>
    public bool IsHttp11Only { get; init; }

    /// <summary>How often watches that want bookmarks get one.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Behaviours of the test's own, by the name that annotations and images use.</summary>
    public IReadOnlyDictionary<string, ConnectionBehaviour> Behaviours { get; init; } = new Dictionary<string, ConnectionBehaviour>();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
