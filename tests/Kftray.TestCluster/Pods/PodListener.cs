using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kftray.Testing.Network;

namespace Kftray.Testing.Pods;

/// <summary>One listening TCP port of a pod, a real socket on loopback, with the connections that came through it.</summary>
internal sealed class PodListener : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly string _podName;
    private readonly int _containerPort;
    private readonly ConnectionBehaviour _behaviour;
    private readonly Action<PodConnection> _onConnection;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<PodConnection, Task> _serving = new();
    private readonly Signal _resumed = new();
    private readonly Task _accepting;
    private CancellationTokenSource _pause = new();
    private volatile bool _isPaused;

    public PodListener(IPAddress address, int containerPort, string podName, ConnectionBehaviour behaviour, Action<PodConnection> onConnection)
    {
        (_containerPort, _podName, _behaviour, _onConnection) = (containerPort, podName, behaviour, onConnection);
        _socket = LoopbackAddresses.Bind(address, containerPort, SocketType.Stream);
        _socket.Listen(512);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Leaves new connections in the kernel's backlog: the client sees them open, and nobody serves them.</summary>
    public void Pause()
    {
        _isPaused = true;
        _pause.Cancel();
    }

    public void Resume()
    {
        _pause = new CancellationTokenSource();
        _isPaused = false;
        _resumed.Set();
    }

    /// <summary>Ends the connections and stops listening; those in the backlog are reset by the kernel.</summary>
    public async Task KillAsync(bool byReset)
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        foreach (var connection in _serving.Keys) connection.Kill(byReset);
        await _accepting;
        await Task.WhenAll(_serving.Values);
    }

    /// <summary>Stops listening; the connections go on.</summary>
    public void StopListening() => _socket.Dispose();

    public async ValueTask DisposeAsync()
    {
        await KillAsync(byReset: false);
        _pause.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _resumed.UntilAsync(() => !_isPaused, _stopping.Token);
                using var until = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, _pause.Token);
                Begin(new PodConnection(await _socket.AcceptAsync(until.Token), _podName, _containerPort));
            }
            catch (OperationCanceledException)
            {
                // Paused or stopping: the loop's head tells which.
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket or SocketError.InvalidArgument)
            {
                return;
            }
            catch (SocketException)
            {
                // Reset while it was in the backlog: accept the next.
            }
        }
    }

    private void Begin(PodConnection connection)
    {
        _onConnection(connection);
        var serving = ServeAsync(connection);
        _serving[connection] = serving;
        // It may have ended before it was entered.
        if (serving.IsCompleted) _serving.TryRemove(connection, out _);
    }

    private async Task ServeAsync(PodConnection connection)
    {
        await Task.Yield();
        try
        {
            await _behaviour(connection, _stopping.Token);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client has gone, or the pod.
        }
        finally
        {
            connection.Close();
            _serving.TryRemove(connection, out _);
        }
    }
}
