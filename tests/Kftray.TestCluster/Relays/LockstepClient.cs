using System.Buffers.Binary;

namespace Kftray.Testing.Relays;

/// <summary>
/// The other end of a relay as the desktop app is one: on a connection to the relay's port it sends a datagram as an unsigned 32-bit
/// big-endian length and the payload, and waits for one frame before it sends the next. Shares nothing with our relay.
/// </summary>
/// <param name="stream">Connected to the relay's port.</param>
public sealed class LockstepClient(Stream stream)
{
    /// <returns>The reply; empty when there was none: the two cannot be told apart.</returns>
    /// <exception cref="EndOfStreamException">The relay has ended the connection.</exception>
    public async Task<byte[]> AskAsync(ReadOnlyMemory<byte> datagram, CancellationToken cancellationToken)
    {
        var frame = new byte[sizeof(uint) + datagram.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)datagram.Length);
        datagram.CopyTo(frame.AsMemory(sizeof(uint)));
        await stream.WriteAsync(frame, cancellationToken);
        return await ReadAsync(cancellationToken);
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        var header = new byte[sizeof(uint)];
        await stream.ReadExactlyAsync(header, cancellationToken);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length > ushort.MaxValue) throw new InvalidDataException($"A frame of {length} bytes is no datagram.");
        var payload = new byte[length];
        await stream.ReadExactlyAsync(payload, cancellationToken);
        return payload;
    }
}
