using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Kftray.Testing.Network;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>
/// A pod as a running thing: real sockets behind its ports, and the ways in which applications fail without telling anybody. What the
/// API says about it is the kubelet's business (<see cref="PodLifecycle"/>).
/// </summary>
public sealed class TestPod : IAsyncDisposable
{
    private readonly BehaviourCatalog _behaviours;
    private readonly ImmutableArray<PodPort> _ports;
    private readonly PodContainer? _program;
    private readonly PodResolver _resolver;
    private readonly ConcurrentDictionary<int, PodListener> _listeners = new();
    private readonly ConcurrentDictionary<int, DatagramListener> _udpListeners = new();
    private readonly Signal _changed = new();
    private ImmutableList<PodConnection> _connections = [];
    private volatile ContainerProcess? _process;
    private volatile bool _isRemoved;

    internal TestPod(StoredObject stored, IPAddress ip, IPAddress loopback, BehaviourCatalog behaviours, ImageCatalog images, PodResolver resolver)
    {
        var content = stored.Read();
        (Namespace, Name, Uid, Ip, Loopback, _behaviours) = (stored.Namespace, stored.Name, stored.Uid, ip, loopback, behaviours);
        (_ports, _program, _resolver) = (PodPort.Of(content), PodContainer.Of(content, images), resolver);
    }

    public string Namespace { get; }

    public string Name { get; }

    public string Uid { get; }

    /// <summary>A loopback address of its own (on macOS 127.0.0.1).</summary>
    public IPAddress Ip { get; }

    /// <summary>What 127.0.0.1 is inside the pod: port-forward dials it, other pods do not. An address of its own, too.</summary>
    public IPAddress Loopback { get; }

    /// <summary>The process of a pod whose image is a program: the present one or the last; null before the first.</summary>
    public ContainerProcess? Process => _process;

    /// <summary>The network namespace's id in the runtime's messages.</summary>
    public string SandboxId { get; } = NewId();

    public string ContainerId { get; private set; } = NewId();

    /// <summary>True once the pod's network namespace is gone: nothing can be dialled any more.</summary>
    public bool IsRemoved => _isRemoved;

    /// <summary>Every connection into its applications, past ones too.</summary>
    public IReadOnlyList<PodConnection> Connections => _connections;

    /// <summary>Completes at the connection with that number, counted from 0 over the pod's life.</summary>
    public async Task<PodConnection> ConnectionAsync(int index, CancellationToken cancellationToken)
    {
        await _changed.UntilAsync(() => _connections.Count > index, cancellationToken);
        return _connections[index];
    }

    /// <summary>
    /// Where a container port really listens, as seen from other pods; null when nothing does. A program may listen on ports that no
    /// container declares.
    /// </summary>
    public IPEndPoint? EndPointOf(int containerPort) =>
        _ports.FirstOrDefault(port => port.Number == containerPort && !port.IsUdp)?.LeadsTo
        ?? (_listeners.TryGetValue(containerPort, out var listener) ? listener.EndPoint : ProgramsEndPoint(Ip, containerPort));

    /// <summary>The same for UDP.</summary>
    public IPEndPoint? UdpEndPointOf(int containerPort) =>
        _udpListeners.TryGetValue(containerPort, out var listener) ? listener.EndPoint : ProgramsEndPoint(Ip, containerPort);

    /// <summary>What has arrived at a UDP port since its application was started.</summary>
    /// <exception cref="KeyNotFoundException">No application listens there.</exception>
    public DatagramCounts DatagramsAt(int containerPort) => Listener(containerPort).Counts;

    /// <summary>Waits until that is as wanted.</summary>
    /// <exception cref="KeyNotFoundException">No application listens there.</exception>
    public Task<DatagramCounts> WaitForDatagramsAsync(int containerPort, Func<DatagramCounts, bool> condition, CancellationToken cancellationToken) =>
        Listener(containerPort).WaitAsync(condition, cancellationToken);

    /// <summary>The applications no longer listen, their connections go on, and nobody is told.</summary>
    public void StopListening()
    {
        foreach (var listener in _listeners.Values) listener.StopListening();
    }

    /// <summary>New connections stay in the kernel's backlog.</summary>
    public void PauseAccepting()
    {
        foreach (var listener in _listeners.Values) listener.Pause();
    }

    public void ResumeAccepting()
    {
        foreach (var listener in _listeners.Values) listener.Resume();
    }

    /// <summary>The applications die, with what is in their backlogs; nobody is told.</summary>
    /// <param name="byReset">True: their connections are reset; false: the kernel ends them with a FIN. A program is killed either way.</param>
    public async Task KillApplicationsAsync(bool byReset = false)
    {
        if (_process is { } process) await process.DisposeAsync();
        foreach (var port in _listeners.Keys)
        {
            if (!_listeners.TryRemove(port, out var listener)) continue;
            await listener.KillAsync(byReset);
            await listener.DisposeAsync();
        }

        foreach (var port in _udpListeners.Keys)
        {
            if (_udpListeners.TryRemove(port, out var listener)) await listener.DisposeAsync();
        }
    }

    /// <summary>True when its applications are a program that may end by itself.</summary>
    internal bool IsProgram => _program is not null;

    /// <summary>The name of the container that is a program.</summary>
    internal string? ProgramContainer => _program?.Name;

    /// <summary>Starts the applications that do not run.</summary>
    public void StartApplications()
    {
        ContainerId = NewId();
        if (_program is not null && _process is null or { Exited.IsCompleted: true })
        {
            var start = _program.StartInfo(Name, Ip, Loopback);
            _resolver.Wrap(start, this);
            _process = new ContainerProcess(start);
        }

        foreach (var port in _ports.Where(port => port.LeadsTo is null && port.Behaviour != BehaviourCatalog.Refuse && port.Container != _program?.Name))
        {
            if (port.IsUdp) _udpListeners.GetOrAdd(port.Number, number => new DatagramListener(Ip, number, _behaviours.FindDatagram(port.Behaviour)));
            else _listeners.GetOrAdd(port.Number, number => new PodListener(Ip, number, Name, _behaviours.Find(port.Behaviour), Note));
        }
    }

    public ValueTask DisposeAsync() => new(RemoveAsync());

    /// <summary>Opens a connection as the container runtime does: to localhost inside the pod.</summary>
    /// <exception cref="SocketException">Refused.</exception>
    internal async Task<Socket> DialAsync(int containerPort, CancellationToken cancellationToken)
    {
        // A program's own loopback first; one that listens on all addresses is found at the pod's.
        if (_listeners.ContainsKey(containerPort) || ProgramsEndPoint(Loopback, containerPort) is not { } own)
            return await ConnectAsync(EndPointOf(containerPort), cancellationToken);
        try
        {
            return await ConnectAsync(own, cancellationToken);
        }
        catch (SocketException)
        {
            return await ConnectAsync(EndPointOf(containerPort), cancellationToken);
        }
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint? endPoint, CancellationToken cancellationToken)
    {
        if (endPoint is null) throw new SocketException((int)SocketError.ConnectionRefused);
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Ends the applications and the network namespace with them.</summary>
    internal async Task RemoveAsync()
    {
        _isRemoved = true;
        await KillApplicationsAsync();
    }

    private IPEndPoint? ProgramsEndPoint(IPAddress address, int port) => _process is { Exited.IsCompleted: false } ? new IPEndPoint(address, port) : null;

    private DatagramListener Listener(int containerPort) =>
        _udpListeners.TryGetValue(containerPort, out var listener)
            ? listener
            : throw new KeyNotFoundException($"Nothing listens at the UDP port {containerPort} of the pod \"{Name}\".");

    private void Note(PodConnection connection)
    {
        ImmutableInterlocked.Update(ref _connections, connections => connections.Add(connection));
        _changed.Set();
    }

    private static string NewId() => System.Security.Cryptography.RandomNumberGenerator.GetHexString(64, lowercase: true);
}
