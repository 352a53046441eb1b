using System.Net;
using System.Net.Sockets;
using Kftray.Testing.Network;

namespace Kftray.Testing.Pods;

/// <summary>A UDP port of a pod that sends every datagram back to its sender.</summary>
internal sealed class UdpEchoListener : IAsyncDisposable
{
    private const int MaxDatagram = 65535;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _echoing;

    public UdpEchoListener(IPAddress address, int containerPort)
    {
        _socket = LoopbackAddresses.Bind(address, containerPort, SocketType.Dgram);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _echoing = EchoAsync();
    }

    public IPEndPoint EndPoint { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _echoing;
        _stopping.Dispose();
    }

    private async Task EchoAsync()
    {
        var buffer = new byte[MaxDatagram];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                await _socket.SendToAsync(buffer.AsMemory(0, received.ReceivedBytes), SocketFlags.None, received.RemoteEndPoint, _stopping.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Either the end, which the loop's head sees, or a peer that answered "port unreachable".
            }
        }
    }
}
