using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>A listening socket. Closing it frees the port at once; accepted connections live on.</summary>
internal sealed class TcpEndpoint(Socket listener, TimeProvider time) : ILocalEndpoint
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(50);

    public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)listener.LocalEndPoint!;

    public async ValueTask<IDuplexConnection> AcceptAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                var socket = await listener.AcceptAsync(stopping);
                socket.NoDelay = true;
                return new TcpConnection(socket);
            }
            catch (SocketException e) when (e.SocketErrorCode is not SocketError.OperationAborted)
            {
                // Reset in the backlog, or out of descriptors: the listener itself is fine. The pause keeps the second from burning a core.
                await Task.Delay(PauseAfterFailure, time, stopping);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
