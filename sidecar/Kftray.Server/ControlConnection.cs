namespace Kftray.Relay;

/// <summary>A connection to the control port: what the client wants, what it is answered, and then what it came for.</summary>
internal sealed class ControlConnection(RelaySocket client, RelayContext context)
{
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ClosingTime = TimeSpan.FromSeconds(2);

    /// <summary>Heartbeats come every minute at the latest; one that has missed two more is nobody's.</summary>
    private static readonly TimeSpan HeartbeatSilence = TimeSpan.FromMinutes(3);

    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            if (await ReadHelloAsync(stopping) is { } kind)
                await ServeAsync(kind, stopping);
        }
        catch (RelayException refusal)
        {
            context.Log.Report(refusal);
            await AnswerAsync(refusal.Status, refusal.Message);
            await client.CloseGentlyAsync(ClosingTime, context.Time, stopping);
        }
    }

    /// <summary>Null when the client went before it had said anything.</summary>
    private async Task<RelayKind?> ReadHelloAsync(CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(HelloTimeout, context.Time);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        // Not a byte more than the hello: the payload that may follow at once is for who reads it next.
        var hello = new byte[RelayProtocol.HelloLength];
        try
        {
            for (var got = 0; got < hello.Length;)
            {
                var count = await client.ReceiveAsync(hello.AsMemory(got), waiting.Token);
                if (count == 0 && got == 0)
                    return null;
                if (count == 0)
                    throw new RelayException(RelayStatus.WrongProtocol, "A client ended in the middle of its hello.");
                got += count;
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new RelayException(RelayStatus.WrongProtocol, "A client did not say what it wants in time.");
        }

        return RelayProtocol.TryReadHello(hello, out var kind)
            ? kind
            : throw new RelayException(RelayStatus.WrongProtocol, $"A client spoke another protocol; this port speaks version {RelayProtocol.Version} of the relay's.");
    }

    private async Task ServeAsync(RelayKind kind, CancellationToken stopping)
    {
        context.Touch();
        if (kind == RelayKind.Heartbeat)
        {
            await EchoAsync(stopping);
            return;
        }

        var served = context.Options.ProxyType == ProxyType.Udp ? RelayKind.Udp : RelayKind.Tcp;
        if (kind != served)
            throw new RelayException(RelayStatus.WrongProtocol, $"This relay carries {served} to {context.Target}, and a client asked for {kind}.");

        context.EnterFlow();
        try
        {
            if (kind == RelayKind.Tcp)
                await PipeAsync(stopping);
            else
                await FlowAsync(stopping);
        }
        finally
        {
            context.LeaveFlow();
        }
    }

    private async Task EchoAsync(CancellationToken stopping)
    {
        await AnswerAsync(RelayStatus.Ok, Product.Version);
        using var silent = new IdleTimer(context.Time, HeartbeatSilence, () =>
        {
            client.Dispose();
            return true;
        });
        var beats = new byte[16];
        while (await client.ReceiveAsync(beats, stopping) is > 0 and var count)
        {
            silent.Touch();
            context.Touch();
            await client.SendAllAsync(beats.AsMemory(0, count));
        }
    }

    private async Task PipeAsync(CancellationToken stopping)
    {
        using var upstream = await context.Target.ConnectAsync(stopping);
        await AnswerAsync(RelayStatus.Ok, Product.Version);
        await new TcpPipe(client, upstream, context).RunAsync(stopping);
    }

    private async Task FlowAsync(CancellationToken stopping)
    {
        await using var target = await UdpTarget.OpenAsync(context.Target, context.Time, stopping);
        await AnswerAsync(RelayStatus.Ok, Product.Version);
        await new UdpFlow(client, target, context).RunAsync(stopping);
    }

    private async Task AnswerAsync(RelayStatus status, string text)
    {
        var answer = new byte[RelayProtocol.MaxStatusLength];
        var length = RelayProtocol.WriteStatus(answer, status, text);
        await client.SendAllAsync(answer.AsMemory(0, length));
    }
}
