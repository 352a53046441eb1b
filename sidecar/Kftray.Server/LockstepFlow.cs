using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// Datagrams for a client of old: each frame is sent to the target, whose one answer is waited for; an empty frame says that there was none.
/// A client may be silent between its frames for as long as it likes, since old clients open their one connection before they need it.
/// </summary>
internal sealed class LockstepFlow(RelaySocket client, UdpTarget target, RelayContext context)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    // A target that sends without end is not waited for.
    private const int MostSurplus = 10_000;

    private static readonly byte[] NoAnswer = new byte[RelayProtocol.FrameHeaderLength];

    private readonly byte[] _surplus = new byte[1];
    private CancellationTokenSource? _timeout;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var closing = stopping.Register(Close);
        using var reader = new FrameReader(client, context.Chunks);
        using var stalled = new IdleTimer(context.Time, context.Options.FlowIdle, () => EndHalfFrame(reader));
        try
        {
            while (await reader.FillAsync(stopping))
            {
                stalled.Touch();
                context.Touch();
                if (!await AnswerAllAsync(reader, stalled, stopping))
                    return;
            }

            if (reader.IsInsideFrame)
                context.Log.Report(RelayEvent.BadFrame, "A client ended in the middle of a frame.");
        }
        finally
        {
            _timeout?.Dispose();
        }
    }

    private void Close()
    {
        client.Dispose();
        target.Close();
    }

    private bool EndHalfFrame(FrameReader reader)
    {
        if (!reader.IsInsideFrame)
            return false;
        context.Log.Report(RelayEvent.BadFrame, "A client did not send the rest of a frame; its connection was closed.");
        Close();
        return true;
    }

    /// <summary>False when the connection is over: the relay ends, or the client broke the rules and was told so in its way.</summary>
    private async ValueTask<bool> AnswerAllAsync(FrameReader reader, IdleTimer stalled, CancellationToken stopping)
    {
        while (true)
        {
            var result = reader.Read(out var offset, out var length);
            if (result == FrameResult.Incomplete)
                return true;
            if (result == FrameResult.Violation)
            {
                context.Log.Report(RelayEvent.BadFrame, "A client sent a frame of a length that no datagram has; its connection was closed.");
                await client.SendAllAsync(NoAnswer);
                await client.CloseGentlyAsync(ClosingTime, context.Time, stopping);
                return false;
            }

            if (target.Review() is { } problem)
                context.Log.Report(problem);
            var error = await AskAsync(reader.Buffer.AsMemory(offset, length), stopping);
            if (error == SocketError.OperationAborted)
                return false;
            if (error is not (SocketError.Success or SocketError.TimedOut))
                context.Log.Report(target.Failed(error));
            if (error != SocketError.Success)
                await client.SendAllAsync(NoAnswer);
            stalled.Touch();
            context.Touch();
        }
    }

    /// <summary>Sends one datagram and passes on its answer. Timed out: there was none.</summary>
    private async ValueTask<SocketError> AskAsync(ReadOnlyMemory<byte> datagram, CancellationToken stopping)
    {
        var socket = target.Socket;
        DropSurplus(socket);
        var error = socket.TrySend(datagram.Span);
        if (error != SocketError.Success)
            return error;

        var timeout = ArmTimeout(stopping);
        do
            error = await PassOnAnswerAsync(socket, timeout.Token, stopping);
        while (error == SocketError.WouldBlock);
        return error;
    }

    private async ValueTask<SocketError> PassOnAnswerAsync(RelaySocket socket, CancellationToken timeout, CancellationToken stopping)
    {
        try
        {
            await socket.WaitReadableUntilAsync(timeout);
        }
        catch (OperationCanceledException)
        {
            return SocketError.TimedOut;
        }

        var chunk = await context.Chunks.RentAsync(stopping);
        try
        {
            var error = socket.TryReceive(chunk.AsSpan(RelayProtocol.FrameHeaderLength), out var length);
            if (error != SocketError.Success)
                return error;
            target.Heard();
            if (length > RelayProtocol.MaxDatagramLength)
                return SocketError.MessageSize;
            RelayProtocol.WriteFrameHeader(chunk, length);
            await client.SendAllAsync(chunk.AsMemory(0, RelayProtocol.FrameHeaderLength + length));
            return SocketError.Success;
        }
        finally
        {
            context.Chunks.Return(chunk);
        }
    }

    // An answer that came too late, or a second one, would be taken for the answer to the next question; an earlier refusal for its refusal.
    private void DropSurplus(RelaySocket socket)
    {
        for (var left = MostSurplus; left > 0; left--)
        {
            var error = socket.TryReceive(_surplus, out _);
            if (error is SocketError.WouldBlock or SocketError.OperationAborted)
                return;
            if (error != SocketError.ConnectionRefused)
                context.Log.Report(RelayEvent.DatagramDropped, $"{context.Target} sent a datagram that no client of this kind can be given.");
        }
    }

    // One source for many answers: most come long before its time.
    private CancellationTokenSource ArmTimeout(CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        if (_timeout is not null && _timeout.TryReset())
        {
            _timeout.CancelAfter(AnswerTimeout);
            return _timeout;
        }

        _timeout?.Dispose();
        return _timeout = new CancellationTokenSource(AnswerTimeout, context.Time);
    }
}
