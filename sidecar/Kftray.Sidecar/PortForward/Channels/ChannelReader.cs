using System.Buffers;
using System.Net.WebSockets;

namespace Kftray.Sidecar.PortForward.Channels;

/// <param name="IsEnd">The server has closed the WebSocket as one does.</param>
internal readonly record struct ChannelBytes(byte Channel, ReadOnlyMemory<byte> Bytes, bool IsEnd = false);

/// <summary>
/// Cuts messages into channels and drops the port that comes first on each. Passes parts of messages on as they come; holds a buffer only
/// while there are bytes in it. Called by one reader.
/// </summary>
internal sealed class ChannelReader(WebSocket socket) : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int PortSize = 2;

    // How much of the port is still to come, for the two channels of one port.
    private readonly int[] _portLeft = [PortSize, PortSize];
    private byte[]? _buffer;
    private bool _lastReadFilled;
    private bool _inMessage;
    private byte _channel;

    /// <summary>The next bytes on any channel, perhaps none; valid until the next call.</summary>
    /// <exception cref="WebSocketException">The connection was lost, or the server broke the protocol of WebSockets.</exception>
    /// <exception cref="IOException">The server sent what this protocol does not allow.</exception>
    public async ValueTask<ChannelBytes> ReadAsync(CancellationToken cancellationToken)
    {
        if (!_lastReadFilled)
        {
            // Takes nothing but a frame that has nothing in it.
            Return();
            var next = await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
            if (next.MessageType == WebSocketMessageType.Close)
                return new(0, default, IsEnd: true);
            _inMessage &= !next.EndOfMessage;
        }

        _buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
        var received = await socket.ReceiveAsync(_buffer.AsMemory(0, BufferSize), cancellationToken);
        _lastReadFilled = received.Count == BufferSize;
        if (received.MessageType == WebSocketMessageType.Close)
            return new(0, default, IsEnd: true);
        if (received.MessageType == WebSocketMessageType.Text)
            throw new IOException("The server sent a text message on a binary channel.");

        var bytes = _buffer.AsMemory(0, received.Count);
        if (!_inMessage)
        {
            // An empty fragment may come before the channel.
            if (bytes.IsEmpty)
                return default;
            _channel = bytes.Span[0];
            if (_channel >= _portLeft.Length)
                throw new IOException($"The server sent on channel {_channel}, which was not asked for.");
            bytes = bytes[1..];
        }

        _inMessage = !received.EndOfMessage;
        var port = Math.Min(_portLeft[_channel], bytes.Length);
        _portLeft[_channel] -= port;
        return new(_channel, bytes[port..]);
    }

    public void Dispose() => Return();

    private void Return()
    {
        if (_buffer is not null)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = null;
    }
}
