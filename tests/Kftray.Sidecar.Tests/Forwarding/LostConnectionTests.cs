using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class LostConnectionTests : ForwardTestBase
{
    [Fact]
    public async Task Connection_WhoseSessionIsLostWhileTheClientDoesNotRead_IsResetAtOnce()
    {
        await ActiveAsync();
        var client = Connect();
        var pod = await Dialer.NextStreamAsync(TimeoutToken);
        client.StopReading();
        pod.Send("nobody reads this");
        await client.WriteBlocked.WaitAsync(TimeoutToken);

        pod.Lose();

        await client.Reset.WaitAsync(TimeoutToken);
        await client.Disposed.WaitAsync(TimeoutToken);
        await pod.Disposed.WaitAsync(TimeoutToken);
    }
}
