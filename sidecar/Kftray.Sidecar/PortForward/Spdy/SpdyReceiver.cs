using System.Buffers;
using System.Buffers.Binary;

namespace Kftray.Sidecar.PortForward.Spdy;

/// <summary>What a session does with the frames that arrive. Called by the receive loop only, in order.</summary>
internal interface ISpdyFrameHandler
{
    /// <summary>True when no stream is open, so that nothing but control frames can come.</summary>
    bool IsIdle { get; }

    void OnReceived();

    /// <summary>A part of a data frame. The memory is free again when the task has completed.</summary>
    /// <exception cref="OperationCanceledException">The session is over while a reader still uses the memory: it is never free again.</exception>
    ValueTask OnDataAsync(int id, ReadOnlyMemory<byte> bytes);

    void OnFin(int id);

    void OnControl(SpdyFrameHeader header, ReadOnlySpan<byte> payload);
}

/// <summary>The receive loop of a session: cuts the byte stream into frames. Data is passed on as it comes, never gathered.</summary>
internal sealed class SpdyReceiver(Stream transport, ISpdyFrameHandler handler)
{
    // The largest control frame that makes sense: SYN_REPLY with an empty header block has some twenty bytes.
    private const int MaxControlFrame = 64 * 1024;
    private const int ReceiveBufferSize = 128 * 1024;

    /// <summary>Returns at the end of the transport.</summary>
    /// <exception cref="SpdyProtocolException">The server sent what SPDY does not allow.</exception>
    public async Task RunAsync()
    {
        while (true)
        {
            // An idle session holds no buffer: there is one for every forward all day long.
            _ = await transport.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveBufferSize);
            var isFree = true;
            try
            {
                if (!await ReceiveFramesAsync(buffer))
                    return;
            }
            catch (OperationCanceledException)
            {
                isFree = false;
                throw;
            }
            finally
            {
                if (isFree)
                    ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <returns>False at the end of the transport; true when there is nothing to do for now, and the buffer is free.</returns>
    private async Task<bool> ReceiveFramesAsync(byte[] buffer)
    {
        var (start, end) = (0, 0);
        SpdyFrameHeader? data = null;
        var remaining = 0;
        while (true)
        {
            while (data is not null || TryReadHeader(buffer.AsSpan(start, end - start), out data, out remaining))
            {
                var header = data!.Value;
                if (header.IsControl)
                {
                    if (end - start < remaining)
                        break;
                    handler.OnControl(header, buffer.AsSpan(start, remaining));
                    start += remaining;
                    data = null;
                    continue;
                }

                var take = Math.Min(remaining, end - start);
                if (take > 0)
                {
                    await handler.OnDataAsync(header.StreamId, buffer.AsMemory(start, take));
                    start += take;
                    remaining -= take;
                }

                if (remaining > 0)
                    break;
                if (header.IsFin)
                    handler.OnFin(header.StreamId);
                data = null;
            }

            if (start == end && data is null && end > 0 && handler.IsIdle)
                return true;
            if (start == end)
                (start, end) = (0, 0);
            else if (start > 0 && buffer.Length - end < buffer.Length / 2)
                (start, end) = Compact(buffer, start, end);

            var count = await transport.ReadAsync(buffer.AsMemory(end), CancellationToken.None);
            if (count == 0)
                return false;
            end += count;
            handler.OnReceived();

            // The header was consumed from `start` on when it was parsed.
            bool TryReadHeader(ReadOnlySpan<byte> bytes, out SpdyFrameHeader? parsed, out int length)
            {
                (parsed, length) = (null, 0);
                if (bytes.Length < SpdyFrameHeader.Size)
                    return false;
                var next = SpdyFrameHeader.Parse(bytes);
                if (next.IsControl && BinaryPrimitives.ReadUInt16BigEndian(bytes) != 0x8003)
                    throw new SpdyProtocolException("a control frame of another version than SPDY/3.1");
                if (next.IsControl && next.Length > MaxControlFrame)
                    throw new SpdyProtocolException($"a control frame of {next.Length} bytes");
                start += SpdyFrameHeader.Size;
                (parsed, length) = (next, next.Length);
                return true;
            }
        }
    }

    private static (int Start, int End) Compact(byte[] buffer, int start, int end)
    {
        buffer.AsSpan(start, end - start).CopyTo(buffer);
        return (0, end - start);
    }
}

/// <summary>The server sent what SPDY/3.1 does not allow. Ends the session.</summary>
internal sealed class SpdyProtocolException(string message) : IOException(message);
