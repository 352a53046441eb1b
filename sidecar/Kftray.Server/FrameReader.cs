using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>What <see cref="FrameReader.Read"/> found.</summary>
internal enum FrameResult
{
    Datagram,

    /// <summary>No whole frame is there yet.</summary>
    Incomplete,

    /// <summary>A length that a client may not send: the connection is of no more use.</summary>
    Violation,
}

/// <summary>Takes the frames of a client from its connection, as many at a time as the system has. Nothing is copied but a half frame at the end.</summary>
internal sealed class FrameReader(RelaySocket client, ChunkPool chunks) : IDisposable
{
    // Null while nothing is buffered and nothing is there to read.
    private byte[]? _chunk;
    private readonly Turns _turns = new();
    private int _start;
    private int _end;

    /// <summary>The client owes the rest of a frame.</summary>
    public bool IsInsideFrame => Volatile.Read(ref _end) > Volatile.Read(ref _start);

    /// <summary>The frames lie in here until the next <see cref="FillAsync"/>.</summary>
    public byte[] Buffer => _chunk!;

    /// <summary>Waits for more bytes; false at the end of the stream. Call it when <see cref="Read"/> says <see cref="FrameResult.Incomplete"/>.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken stopping)
    {
        MakeRoom();
        while (true)
        {
            await _turns.Pause(GiveBack(client.WaitReadableAsync()));
            _chunk ??= await chunks.RentAsync(stopping);
            await _turns.TakeAsync();
            var error = client.TryReceive(_chunk.AsSpan(_end), out var count);
            if (error == SocketError.WouldBlock)
                continue;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            if (count == 0)
                return false;
            Volatile.Write(ref _end, _end + count);
            return true;
        }
    }

    /// <summary>The next frame's payload, as a place in <see cref="Buffer"/>.</summary>
    public FrameResult Read(out int offset, out int length)
    {
        (offset, length) = (_start + RelayProtocol.FrameHeaderLength, 0);
        if (_end < offset)
            return FrameResult.Incomplete;
        if (RelayProtocol.ReadFrameHeader(_chunk.AsSpan(_start), out length) != RelayFrameKind.Datagram)
            return FrameResult.Violation;
        if (_end - offset < length)
            return FrameResult.Incomplete;
        Volatile.Write(ref _start, offset + length);
        return FrameResult.Datagram;
    }

    public void Dispose()
    {
        if (_chunk is null)
            return;
        chunks.Return(_chunk);
        _chunk = null;
        (_start, _end) = (0, 0);
    }

    // A half frame keeps its chunk while the rest is on its way.
    private ValueTask GiveBack(ValueTask wait)
    {
        if (!wait.IsCompleted && !IsInsideFrame)
            Dispose();
        return wait;
    }

    private void MakeRoom()
    {
        if (_chunk is null || _start == 0)
            return;
        // The largest frame must fit, so that it arrives in one piece.
        if (IsInsideFrame)
            _chunk.AsSpan(_start, _end - _start).CopyTo(_chunk);
        (_start, _end) = (0, _end - _start);
    }
}
