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

    /// <summary>The same for UDP ports.</summary>
    public IReadOnlyDictionary<string, DatagramBehaviour> DatagramBehaviours { get; init; } = new Dictionary<string, DatagramBehaviour>();

    /// <summary>
    /// Programs of this machine that stand for images, by the last part of the repository (<c>kftray-server</c>) or the whole of it.
    /// Built in: the public relay image, and every other <c>kftray-server</c>, whose binary the variable <c>KFTRAY_SERVER</c> names.
    /// </summary>
    public IReadOnlyDictionary<string, PodProgram> Images { get; init; } = new Dictionary<string, PodProgram>();

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
