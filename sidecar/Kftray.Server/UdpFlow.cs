using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// One flow of datagrams between a client that knows our protocol and the target: full duplex, any number either way, none waits for another.
/// Ends with the client's end, or when there was no datagram for a time.
/// </summary>
internal sealed class UdpFlow(RelaySocket client, UdpTarget target, RelayContext context)
{
    /// <summary>A datagram of IPv6 can be larger than a frame; one byte more than allowed tells it.</summary>
    private const int ReceiveRoom = RelayProtocol.MaxDatagramLength + 1;

    /// <summary>An error that goes on is said to the client this often.</summary>
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(1);

    // Held while a write to the client is under way: frames come whole.
    private readonly SemaphoreSlim _writing = new(1);
    private readonly DatagramBatch _batch = new();
    private readonly Turns _turns = new();
    private long _toldAt;
    private RelayStatus _told;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var closing = ending.Token.Register(Close);
        using var idle = new IdleTimer(context.Time, context.Options.FlowIdle, () =>
        {
            Close();
            return true;
        });
        await Task.WhenAll(
            UntilItEnds(SendAsync(idle, ending.Token), ending),
            UntilItEnds(ReceiveAsync(idle, ending.Token), ending));
    }

    // The end of one direction is the end of the flow.
    private static async Task UntilItEnds(Task direction, CancellationTokenSource ending)
    {
        try
        {
            await direction;
        }
        finally
        {
            await ending.CancelAsync();
        }
    }

    private void Close()
    {
        client.Dispose();
        target.Close();
    }

    private async Task SendAsync(IdleTimer idle, CancellationToken ending)
    {
        using var reader = new FrameReader(client, context.Chunks);
        while (await reader.FillAsync(ending))
        {
            idle.Touch();
            context.Touch();
            if (target.Review() is { } problem)
                await TellAsync(problem);

            var result = FrameResult.Datagram;
            while (result == FrameResult.Datagram)
            {
                result = reader.Read(out var offset, out var length);
                if (result == FrameResult.Datagram && _batch.TryAdd(offset, length))
                    continue;
                await SendBatchAsync(reader.Buffer);
                if (result == FrameResult.Datagram)
                    _batch.TryAdd(offset, length);
            }

            if (result == FrameResult.Violation)
            {
                context.Log.Report(RelayEvent.BadFrame, "A client sent a frame of a length that no datagram has; its connection was closed.");
                return;
            }
        }

        if (reader.IsInsideFrame)
            context.Log.Report(RelayEvent.BadFrame, "A client ended in the middle of a frame.");
    }

    private async ValueTask SendBatchAsync(byte[] buffer)
    {
        if (_batch.Count == 0)
            return;
        var error = _batch.TrySend(target.Socket, buffer);
        if (error is SocketError.OperationNotSupported or SocketError.WouldBlock)
        {
            for (var i = 0; i < _batch.Count; i++)
                await SendAsync(buffer.AsMemory(_batch[i].Offset, _batch[i].Length));
        }
        else if (error != SocketError.Success)
        {
            await ReportAsync(error);
            // The system gives back an earlier datagram's refusal and has not sent these.
            if (error != SocketError.MessageSize)
                _batch.TrySend(target.Socket, buffer);
        }

        _batch.Clear();
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> datagram)
    {
        var error = target.Socket.TrySend(datagram.Span);
        if (error == SocketError.WouldBlock)
            error = await target.Socket.SendWhenThereIsRoomAsync(datagram);
        if (error == SocketError.Success)
            return;
        await ReportAsync(error);
        if (error != SocketError.MessageSize)
            target.Socket.TrySend(datagram.Span);
    }

    private async ValueTask ReportAsync(SocketError error)
    {
        if (error == SocketError.MessageSize)
            context.Log.Report(RelayEvent.DatagramDropped, $"A datagram was larger than the way to {context.Target} takes.");
        else
            await TellAsync(target.Failed(error));
    }

    private async Task ReceiveAsync(IdleTimer idle, CancellationToken ending)
    {
        while (true)
        {
            var socket = target.Socket;
            await _turns.Pause(socket.WaitReadableAsync());
            var error = await PassOnAsync(socket, idle, ending);
            if (error == SocketError.Success)
                continue;
            // Disposed: the target's name leads elsewhere now, and we go on at the new socket; or the flow has ended.
            if (error != SocketError.OperationAborted)
                await TellAsync(target.Failed(error));
            else if (socket == target.Socket)
                return;
        }
    }

    /// <summary>Everything that the socket has, as many datagrams in one write as fit.</summary>
    private async ValueTask<SocketError> PassOnAsync(RelaySocket socket, IdleTimer idle, CancellationToken ending)
    {
        var chunk = await context.Chunks.RentAsync(ending);
        try
        {
            while (true)
            {
                var error = Gather(socket, chunk, out var filled);
                if (filled > 0)
                {
                    idle.Touch();
                    context.Touch();
                    target.Heard();
                    await WriteAsync(chunk.AsMemory(0, filled));
                    await _turns.TakeAsync();
                }

                if (error != SocketError.Success)
                    return error == SocketError.WouldBlock ? SocketError.Success : error;
            }
        }
        finally
        {
            context.Chunks.Return(chunk);
        }
    }

    /// <summary>Fills the chunk with frames; success when there may be more in the socket.</summary>
    private SocketError Gather(RelaySocket socket, byte[] chunk, out int filled)
    {
        filled = 0;
        while (chunk.Length - filled >= RelayProtocol.FrameHeaderLength + ReceiveRoom)
        {
            var place = chunk.AsSpan(filled);
            var error = socket.TryReceive(place.Slice(RelayProtocol.FrameHeaderLength, ReceiveRoom), out var length);
            if (error != SocketError.Success)
                return error;
            if (length > RelayProtocol.MaxDatagramLength)
            {
                context.Log.Report(RelayEvent.DatagramDropped, $"{context.Target} sent a datagram of more than {RelayProtocol.MaxDatagramLength} bytes.");
                continue;
            }

            RelayProtocol.WriteFrameHeader(place, length);
            filled += RelayProtocol.FrameHeaderLength + length;
        }

        return SocketError.Success;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> frames)
    {
        await _writing.WaitAsync(CancellationToken.None);
        try
        {
            await client.SendAllAsync(frames);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Says what goes wrong to the client, if it takes it now: the flow does not wait for that.</summary>
    private async ValueTask TellAsync(RelayException problem)
    {
        context.Log.Report(problem);
        if (_told == problem.Status && context.Time.GetElapsedTime(_toldAt) < TellInterval)
            return;
        if (!await _writing.WaitAsync(0, CancellationToken.None))
            return;
        try
        {
            (_told, _toldAt) = (problem.Status, context.Time.GetTimestamp());
            var frame = new byte[RelayProtocol.FrameHeaderLength + RelayProtocol.MaxStatusLength];
            var length = RelayProtocol.WriteControlFrame(frame, problem.Status, problem.Message);
            await client.SendAllAsync(frame.AsMemory(0, length));
        }
        finally
        {
            _writing.Release();
        }
    }
}
