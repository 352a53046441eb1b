using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// Waits as .NET does. For systems on which the relay is developed; those on which it is deployed have <see cref="PolledSocket"/>.
/// </summary>
internal sealed class EngineSocket(Socket socket) : RelaySocket(socket)
{
    // What a wait was told, and the system tells but once.
    private SocketError _failure;

    public override ValueTask WaitReadableAsync() => WaitReadableUntilAsync(CancellationToken.None);

    public override async ValueTask WaitReadableUntilAsync(CancellationToken cancelled)
    {
        try
        {
            // A datagram is only looked at: without the flag it would be gone.
            await Socket.ReceiveAsync(Memory<byte>.Empty, IsStream ? SocketFlags.None : SocketFlags.Peek, cancelled);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.MessageSize)
        {
            // There is one, and it is longer than nothing.
        }
        catch (SocketException error)
        {
            _failure = error.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            _failure = SocketError.OperationAborted;
        }
    }

    public override async ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        while (!data.IsEmpty)
            data = data[await Socket.SendAsync(data, SocketFlags.None, CancellationToken.None)..];
    }

    public override async ValueTask<SocketError> SendWhenThereIsRoomAsync(ReadOnlyMemory<byte> datagram)
    {
        try
        {
            await Socket.SendAsync(datagram, SocketFlags.None, CancellationToken.None);
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
        catch (ObjectDisposedException)
        {
            return SocketError.OperationAborted;
        }
    }

    public override SocketError TryReceive(Span<byte> destination, out int count)
    {
        if (_failure == SocketError.Success)
            return base.TryReceive(destination, out count);
        count = 0;
        var failure = _failure;
        _failure = SocketError.Success;
        return failure;
    }
}
