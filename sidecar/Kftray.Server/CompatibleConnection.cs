namespace Kftray.Relay;

/// <summary>A connection to the port that speaks as relays of old do: no hello, and a refusal is a reset.</summary>
internal sealed class CompatibleConnection(RelaySocket client, RelayContext context)
{
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            context.EnterFlow();
        }
        catch (RelayException refusal)
        {
            Refuse(refusal);
            return;
        }

        try
        {
            context.Touch();
            if (context.Options.ProxyType == ProxyType.Tcp)
            {
                using var upstream = await context.Target.ConnectAsync(stopping);
                await new TcpPipe(client, upstream, context).RunAsync(stopping);
            }
            else
            {
                await using var target = await UdpTarget.OpenAsync(context.Target, context.Time, stopping);
                await new LockstepFlow(client, target, context).RunAsync(stopping);
            }
        }
        catch (RelayException refusal)
        {
            Refuse(refusal);
        }
        finally
        {
            context.LeaveFlow();
        }
    }

    private void Refuse(RelayException refusal)
    {
        context.Log.Report(refusal);
        client.Abort();
    }
}
