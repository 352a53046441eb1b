using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// The bytes of one connection, both ways. The end of one direction is the half-close of the other; a reset of either side resets both.
/// </summary>
internal sealed class TcpPipe(RelaySocket client, RelaySocket upstream, RelayContext context)
{
    /// <summary>How often a side that has sent its end is asked whether it is still there: nothing is read from it any more that would tell.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(5);

    /// <summary>Of each direction, also while it waits. Most messages of databases and the like are smaller.</summary>
    private const int LittleSize = 2 * 1024;

    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var closing = ending.Token.Register(Abort);
        var up = CopyAsync(client, upstream, ending);
        var down = CopyAsync(upstream, client, ending);
        var first = await Task.WhenAny(up, down);
        var silent = first == up ? client : upstream;
        using (context.Time.CreateTimer(_ => EndIfGone(silent, ending), null, CheckInterval, CheckInterval))
            await Task.WhenAll(up, down);
        client.Dispose();
        upstream.Dispose();
    }

    private static void EndIfGone(RelaySocket silent, CancellationTokenSource ending)
    {
        try
        {
            if (silent.HasFailed)
                ending.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended meanwhile.
        }
    }

    private void Abort()
    {
        client.Abort();
        upstream.Abort();
    }

    private async Task CopyAsync(RelaySocket source, RelaySocket destination, CancellationTokenSource ending)
    {
        var isWhole = false;
        try
        {
            await PassOnAsync(source, destination, ending.Token);
            destination.EndSending();
            isWhole = true;
        }
        finally
        {
            if (!isWhole)
                await ending.CancelAsync();
        }
    }

    /// <summary>What fits in a little memory of our own needs no chunk. More than that goes through chunks, until there is little again.</summary>
    private async Task PassOnAsync(RelaySocket source, RelaySocket destination, CancellationToken ending)
    {
        var turns = new Turns();
        var little = new byte[LittleSize];
        while (true)
        {
            // Not by ReceiveAsync: its state machine would cost memory for each wait.
            await turns.Pause(source.WaitReadableAsync());
            var error = source.TryReceive(little, out var count);
            if (error == SocketError.WouldBlock)
                continue;
            if (error != SocketError.Success)
                throw new SocketException((int)error);
            if (count == 0)
                return;
            context.Touch();
            await destination.SendAllAsync(little.AsMemory(0, count));
            await turns.TakeAsync();
            if (count == LittleSize && !await PassOnMuchAsync(source, destination, turns, ending))
                return;
        }
    }

    /// <returns>True when there is little again; false at the end.</returns>
    private async Task<bool> PassOnMuchAsync(RelaySocket source, RelaySocket destination, Turns turns, CancellationToken ending)
    {
        while (true)
        {
            var passedOn = 0;
            var chunk = await context.Chunks.RentAsync(ending);
            try
            {
                SocketError error;
                while ((error = source.TryReceive(chunk, out var count)) == SocketError.Success)
                {
                    if (count == 0)
                        return false;
                    passedOn += count;
                    context.Touch();
                    await destination.SendAllAsync(chunk.AsMemory(0, count));
                    await turns.TakeAsync();
                }

                if (error != SocketError.WouldBlock)
                    throw new SocketException((int)error);
            }
            finally
            {
                context.Chunks.Return(chunk);
            }

            if (passedOn < LittleSize)
                return true;
            await turns.Pause(source.WaitReadableAsync());
        }
    }
}
