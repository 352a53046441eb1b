using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Kftray.Relay.Tests;

/// <summary>One end of a connection, as tests speak: bytes, frames, statuses.</summary>
internal sealed class RelayClient(Socket socket, CancellationToken timeout)
{
    public Socket Socket => socket;

    public async Task SendAsync(params byte[] bytes)
    {
        for (ReadOnlyMemory<byte> rest = bytes; !rest.IsEmpty;)
            rest = rest[await socket.SendAsync(rest, timeout)..];
    }

    public Task SendTextAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendFrameAsync(params byte[] payload) => SendAsync(Frame(payload));

    public Task SendLengthAsync(uint length)
    {
        var header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, length);
        return SendAsync(header);
    }

    public static byte[] Frame(byte[] payload)
    {
        var frame = new byte[4 + payload.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)payload.Length);
        payload.CopyTo(frame, 4);
        return frame;
    }

    public async Task<byte[]> ReadFrameAsync()
    {
        var header = BinaryPrimitives.ReadUInt32BigEndian(await ReadExactlyAsync(4));
        Assert.True(header <= RelayProtocol.MaxDatagramLength, $"not a datagram: {header:X}");
        return await ReadExactlyAsync((int)header);
    }

    /// <summary>A status inside a stream of frames.</summary>
    public async Task<(RelayStatus Status, string Text)> ReadControlFrameAsync()
    {
        var header = BinaryPrimitives.ReadUInt32BigEndian(await ReadExactlyAsync(4));
        Assert.True(header >= 0x8000_0000, $"not a status: {header:X}");
        var (status, text) = await ReadStatusAsync();
        Assert.Equal(header & 0x7FFF_FFFF, (uint)(3 + Encoding.UTF8.GetByteCount(text)));
        return (status, text);
    }

    public async Task<(RelayStatus Status, string Text)> ReadStatusAsync()
    {
        var header = await ReadExactlyAsync(RelayProtocol.StatusHeaderLength);
        Assert.True(RelayProtocol.TryReadStatusHeader(header, out var status, out var length));
        return (status, Encoding.UTF8.GetString(await ReadExactlyAsync(length)));
    }

    public async Task<string> ReadTextAsync(int length) => Encoding.UTF8.GetString(await ReadExactlyAsync(length));

    public async Task<byte[]> ReadExactlyAsync(int length)
    {
        var bytes = new byte[length];
        for (var got = 0; got < length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(got), timeout);
            if (count == 0)
                throw new EndOfStreamException($"The stream ended after {got} of {length} bytes.");
            got += count;
        }

        return bytes;
    }

    /// <summary>Fails if there is anything before the end, or if the end is a reset.</summary>
    public async Task ReadEndAsync() => Assert.Equal(0, await socket.ReceiveAsync(new byte[1], timeout));

    /// <summary>The end or a reset, whatever comes before it.</summary>
    public async Task ReadAnyEndAsync()
    {
        var rest = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(rest, timeout) > 0)
            {
                // Only the end counts.
            }
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            // That is an end.
        }
    }

    public async Task ReadResetAsync()
    {
        var error = await Assert.ThrowsAsync<SocketException>(async () => await socket.ReceiveAsync(new byte[1], timeout));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    /// <summary>Closes with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
