using System.Collections.Concurrent;
using System.Net.Sockets;
using Kftray.Testing.Faults;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Kftray.Testing.Http;

/// <summary>The TCP connections of the server, so that faults can end them as a network does.</summary>
public sealed class OpenConnections
{
    private readonly ConcurrentDictionary<string, OpenConnection> _connections = new();
    private readonly ClusterFaults _faults;
    private readonly TimeProvider _time;
    private readonly Signal _changed = new();
    private volatile bool _freezesNewOnes;

    internal OpenConnections(ClusterFaults faults, TimeProvider time) => (_faults, _time) = (faults, time);

    public int Count => _connections.Count;

    /// <summary>How much later everything arrives that the server sends.</summary>
    public TimeSpan Latency { get; set; }

    /// <summary>
    /// Connections stop reading and writing and stay open, those that exist and those that come, as when a network drops every packet. With a
    /// resource: those that exist and carry it.
    /// </summary>
    public void Freeze(string? resource = null)
    {
        _freezesNewOnes |= resource is null;
        ForEach(resource, connection => connection.Freeze());
    }

    /// <summary>They go on where they stood; what a client has closed meanwhile has lost what was still on its way.</summary>
    public void Thaw()
    {
        _freezesNewOnes = false;
        ForEach(null, connection => connection.Thaw());
    }

    /// <summary>Resets every connection, or those that carry a resource (for example <c>pods/portforward</c>); returns how many.</summary>
    public int ResetAll(string? resource = null) => ForEach(resource, connection => connection.Reset());

    /// <summary>Ends every connection with a FIN, or those that carry a resource; returns how many.</summary>
    public int DropAll(string? resource = null) => ForEach(resource, connection => connection.Drop());

    public Task WaitAsync(Func<OpenConnections, bool> condition, CancellationToken cancellationToken) =>
        _changed.UntilAsync(() => condition(this), cancellationToken);

    /// <summary>Notes what a connection carries, and returns it.</summary>
    internal OpenConnection? Mark(string connectionId, string? resource)
    {
        if (!_connections.TryGetValue(connectionId, out var connection)) return null;
        if (resource is not null) connection.Resource = resource;
        return connection;
    }

    /// <summary>Connection middleware, below TLS.</summary>
    internal async Task TrackAsync(ConnectionContext context, Func<Task> next)
    {
        var connection = new OpenConnection(context.Features.Get<IConnectionSocketFeature>()!.Socket);
        if (_faults.RefusesConnections)
        {
            connection.Reset();
            return;
        }

        _connections[context.ConnectionId] = connection;
        if (_freezesNewOnes) connection.Freeze();
        _changed.Set();
        var transport = context.Transport;
        context.Transport = new FreezableTransport(transport, connection, () => Latency, _time, context.ConnectionClosed);
        try
        {
            await next();
        }
        catch (ConnectionAbortedException)
        {
            // Frozen, and then closed: whatever the server was about to read or to send is nobody's any more.
        }
        finally
        {
            context.Transport = transport;
            _connections.TryRemove(context.ConnectionId, out _);
            _changed.Set();
        }
    }

    private int ForEach(string? resource, Action<OpenConnection> act)
    {
        var chosen = _connections.Values.Where(connection => resource is null || connection.Resource == resource).ToArray();
        foreach (var connection in chosen) act(connection);
        return chosen.Length;
    }
}

/// <summary>One TCP connection of the server.</summary>
internal sealed class OpenConnection(Socket socket)
{
    // Null while bytes pass.
    private volatile TaskCompletionSource? _frozen;

    /// <summary>The resource of the last request on it.</summary>
    public string? Resource { get; set; }

    /// <summary>Completes at once, or when a frozen connection is thawed.</summary>
    public Task Passable => _frozen?.Task ?? Task.CompletedTask;

    public void Freeze() => _frozen ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Thaw()
    {
        var frozen = _frozen;
        _frozen = null;
        frozen?.TrySetResult();
    }

    /// <summary>Closing with no time to linger discards what is queued and sends RST.</summary>
    public void Reset() => socket.Close(0);

    public void Drop()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client was quicker.
        }
    }
}
