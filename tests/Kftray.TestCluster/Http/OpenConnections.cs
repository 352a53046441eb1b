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
    private readonly Signal _changed = new();

    internal OpenConnections(ClusterFaults faults) => _faults = faults;

    public int Count => _connections.Count;

    /// <summary>Resets every connection, or those that carry a resource (for example <c>pods/portforward</c>); returns how many.</summary>
    public int ResetAll(string? resource = null) => EndAll(resource, connection => connection.Reset());

    /// <summary>Ends every connection with a FIN, or those that carry a resource; returns how many.</summary>
    public int DropAll(string? resource = null) => EndAll(resource, connection => connection.Drop());

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
        _changed.Set();
        try
        {
            await next();
        }
        finally
        {
            _connections.TryRemove(context.ConnectionId, out _);
            _changed.Set();
        }
    }

    private int EndAll(string? resource, Action<OpenConnection> end)
    {
        var chosen = _connections.Values.Where(connection => resource is null || connection.Resource == resource).ToArray();
        foreach (var connection in chosen) end(connection);
        return chosen.Length;
    }
}

/// <summary>One TCP connection of the server.</summary>
internal sealed class OpenConnection(Socket socket)
{
    /// <summary>The resource of the last request on it.</summary>
    public string? Resource { get; set; }

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
