using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Kftray.Testing.Network;

/// <summary>A UDP port of a service: one flow for each client address, as connection tracking keeps it, idle ones for two minutes.</summary>
internal sealed class UdpServicePort : IServicePort
{
    private const int MaxDatagram = 65_535;
    private const int MaxFlows = 4096;

    private static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(2);

    private readonly Socket _socket;
    private readonly Func<ServiceEndpoint, bool, IPEndPoint?> _locate;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<SocketAddress, Flow> _flows = new();
    private readonly Task _serving;
    private volatile IReadOnlyList<ServiceEndpoint> _endpoints = [];

    /// <param name="socket">Bound; owned from now on.</param>
    public UdpServicePort(Socket socket, Func<ServiceEndpoint, bool, IPEndPoint?> locate, TimeProvider time)
    {
        (_socket, _locate, _time) = (socket, locate, time);
        SocketBuffers.Enlarge(_socket);
        _serving = ServeAsync();
    }

    public required IReadOnlyList<ServiceEndpoint> Endpoints
    {
        get => _endpoints;
        set => _endpoints = value;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _serving;
        foreach (var client in _flows.Keys) await EndAsync(client);
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        await Task.Yield();
        var buffer = new byte[MaxDatagram];
        var sender = new SocketAddress(AddressFamily.InterNetwork);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var count = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, sender, _stopping.Token);
                if (await FlowOfAsync(sender) is not { } flow) continue;
                flow.LastUsed = _time.GetTimestamp();
                await flow.Socket.SendAsync(buffer.AsMemory(0, count), _stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Either the end, which the loop's head sees, or an endpoint or client that is no longer there: UDP drops.
            }
        }
    }

    private async ValueTask<Flow?> FlowOfAsync(SocketAddress sender)
    {
        var endpoints = _endpoints;
        if (_flows.TryGetValue(sender, out var known))
        {
            if (ReferenceEquals(known.Checked, endpoints)) return known;
            known.Checked = endpoints;
            if (endpoints.Contains(known.Endpoint)) return known;
            // kube-proxy forgets flows to endpoints that are gone, or their clients would talk to nobody for ever.
            await EndAsync(sender);
        }

        foreach (var (idle, flow) in _flows)
        {
            if (_flows.Count >= MaxFlows || _time.GetElapsedTime(flow.LastUsed) > IdleLimit) await EndAsync(idle);
        }

        var endpoint = endpoints[Random.Shared.Next(endpoints.Count)];
        if (_locate(endpoint, true) is not { } place) return null;
        var client = sender.Copy();
        var socket = new Socket(place.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        SocketBuffers.Enlarge(socket);
        await socket.ConnectAsync(place, _stopping.Token);
        var created = new Flow(socket, endpoint) { Checked = endpoints, LastUsed = _time.GetTimestamp() };
        created.Replying = ReplyAsync(created, client);
        return _flows[client] = created;
    }

    private async Task ReplyAsync(Flow flow, SocketAddress client)
    {
        await Task.Yield();
        var buffer = new byte[MaxDatagram];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var count = await flow.Socket.ReceiveAsync(buffer, _stopping.Token);
                flow.LastUsed = _time.GetTimestamp();
                // Not SendToAsync: in .NET 10 it fails now and then where flows send at the same time.
                _socket.SendTo(buffer.AsSpan(0, count), SocketFlags.None, client);
            }
            catch (SocketException)
            {
                // The endpoint's port is closed at the moment: the flow goes on, as it would through a rewritten address.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task EndAsync(SocketAddress client)
    {
        if (!_flows.TryRemove(client, out var flow)) return;
        flow.Socket.Dispose();
        await flow.Replying;
    }

    private sealed class Flow(Socket socket, ServiceEndpoint endpoint)
    {
        public Socket Socket => socket;

        public ServiceEndpoint Endpoint => endpoint;

        /// <summary>The endpoints among which this flow's was last found.</summary>
        public required IReadOnlyList<ServiceEndpoint> Checked { get; set; }

        public Task Replying { get; set; } = Task.CompletedTask;

        /// <summary>A timestamp of the clock.</summary>
        public long LastUsed { get; set; }
    }
}
