using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>One connection of a load.</summary>
/// <param name="Error">Null when it was served.</param>
internal sealed record LoadedConnection(long Began, long Ended, string? Error);

/// <summary>New connections at a steady rate, each of which wants one round trip from an echo.</summary>
internal sealed class ConnectionLoad : IAsyncDisposable
{
    private readonly int _port;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<LoadedConnection> _ended = [];
    private readonly Task _running;

    public ConnectionLoad(int port, int perSecond)
    {
        _port = port;
        _running = RunAsync(TimeSpan.FromSeconds(1.0 / perSecond));
    }

    public IReadOnlyCollection<LoadedConnection> Ended => _ended;

    /// <summary>Begins no more connections and waits for the last of them.</summary>
    public async Task<IReadOnlyCollection<LoadedConnection>> StopAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        return _ended;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync(TimeSpan interval)
    {
        List<Task> connections = [];
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                connections.Add(ConnectAsync());
                connections.RemoveAll(connection => connection.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }

        await Task.WhenAll(connections);
    }

    private async Task ConnectAsync()
    {
        var began = _time.GetTimestamp();
        string? error = null;
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60), _time);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync("127.0.0.1", _port, limit.Token);
            var answer = await socket.EchoAsync("hello", limit.Token);
            if (answer != "hello")
                error = $"answered '{answer}'";
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            error = e.Message;
        }

        _ended.Enqueue(new(began, _time.GetTimestamp(), error));
    }
}
