using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Testing.Controllers;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;

namespace Kftray.Testing.Network;

/// <summary>
/// What kube-proxy does: each port of a service's cluster address leads to one of its ready endpoints. A port without ready endpoints
/// refuses, because nobody listens; ports below 1024 are served where the process may bind them.
/// </summary>
internal sealed class ServiceProxy(ObjectStore store, Kubelet kubelet, TimeProvider time) : IController, IAsyncDisposable
{
    private readonly ConcurrentDictionary<PortKey, IServicePort> _ports = new();
    private readonly Signal _changed = new();
    private readonly List<Task> _stopped = [];

    public TimeSpan? Reconcile(string @namespace)
    {
        var wanted = new Dictionary<PortKey, IReadOnlyList<ServiceEndpoint>>();
        foreach (var service in store.List(ResourceKinds.Services, @namespace).Items) AddPorts(service, wanted);
        foreach (var key in _ports.Keys.Where(key => key.Namespace == @namespace && !wanted.ContainsKey(key)).ToArray())
        {
            if (_ports.TryRemove(key, out var gone)) _stopped.Add(gone.DisposeAsync().AsTask());
        }

        _stopped.RemoveAll(task => task.IsCompletedSuccessfully);
        foreach (var (key, endpoints) in wanted)
        {
            if (_ports.TryGetValue(key, out var port)) port.Endpoints = endpoints;
            else if (Open(key, endpoints) is { } opened) _ports[key] = opened;
        }

        _changed.Set();
        return null;
    }

    /// <summary>Waits until the port of a service leads to a ready endpoint, and tells where it is.</summary>
    public async Task<IPEndPoint> WaitOpenAsync(string @namespace, string service, int port, bool isUdp, CancellationToken cancellationToken)
    {
        IPEndPoint? found = null;
        await _changed.UntilAsync(
            () =>
            {
                var address = store.Find(ResourceKinds.Services, @namespace, service)?.Read().Text("spec", "clusterIP");
                found = IPAddress.TryParse(address, out var parsed) ? new IPEndPoint(parsed, port) : null;
                return found is not null && _ports.ContainsKey(new PortKey(@namespace, found.Address, port, isUdp));
            },
            cancellationToken);
        return found!;
    }

    /// <summary>Called when the controllers have stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var port in _ports.Values) await port.DisposeAsync();
        await Task.WhenAll(_stopped);
    }

    private void AddPorts(StoredObject service, Dictionary<PortKey, IReadOnlyList<ServiceEndpoint>> wanted)
    {
        var content = service.Read();
        if (!IPAddress.TryParse(content.Text("spec", "clusterIP"), out var address) || !IPAddress.IsLoopback(address)) return;
        foreach (var port in content.Items("spec", "ports"))
        {
            var protocol = port.Text("protocol") ?? "TCP";
            var endpoints = ServiceEndpoints.Of(store, service.Namespace, service.Name, port.Text("name") ?? "", protocol);
            if (endpoints.Count > 0) wanted[new PortKey(service.Namespace, address, port.Number("port") ?? 0, protocol == "UDP")] = endpoints;
        }
    }

    private IServicePort? Open(PortKey key, IReadOnlyList<ServiceEndpoint> endpoints)
    {
        var socket = key.IsUdp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // A port that has just been closed has connections that outlive it.
            if (!key.IsUdp && !OperatingSystem.IsWindows()) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(key.Address, key.Port));
            return key.IsUdp ? new UdpServicePort(socket, Locate, time) { Endpoints = endpoints } : new TcpServicePort(socket, Locate) { Endpoints = endpoints };
        }
        catch (SocketException)
        {
            // Not allowed, or taken by the address's former owner: the next change tries again.
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Where a container port of a pod really is; null when nothing listens there.</summary>
    private IPEndPoint? Locate(ServiceEndpoint endpoint, bool isUdp)
    {
        if (endpoint.PodUid is null) return new IPEndPoint(endpoint.Address, endpoint.Port);
        var pod = kubelet.Find(endpoint.PodUid)?.Pod;
        return isUdp ? pod?.UdpEndPointOf(endpoint.Port) : pod?.EndPointOf(endpoint.Port);
    }

    private sealed record PortKey(string Namespace, IPAddress Address, int Port, bool IsUdp);
}

/// <summary>One open port of a service.</summary>
internal interface IServicePort : IAsyncDisposable
{
    /// <summary>Never empty. A new connection or flow goes to any of them; those that exist stay where they are.</summary>
    IReadOnlyList<ServiceEndpoint> Endpoints { get; set; }
}
