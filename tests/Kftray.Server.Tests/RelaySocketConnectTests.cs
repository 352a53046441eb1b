using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>Connections that the relay opens.</summary>
public sealed class RelaySocketConnectTests : RelayTest
{
    [Fact]
    public async Task Connection_ThatIsRefused_IsAnError()
    {
        var nobody = Nobody(SocketType.Stream);
        var refusal = await Assert.ThrowsAsync<SocketException>(() => RelaySocket.ConnectAsync(nobody.Address, nobody.Port, TimeoutToken));

        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
    }

    [Fact]
    public async Task Connection_ThatNobodyAnswers_IsGivenUpWhenCancelled()
    {
        // The one place in its queue taken, a listener of Linux does not answer the next.
        var listener = Listen(Address, backlog: 0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        await ConnectAsync(address);
        using var giveUp = new CancellationTokenSource();
        var connecting = RelaySocket.ConnectAsync(address.Address, address.Port, giveUp.Token);
        Assert.False(connecting.IsCompleted);
        await giveUp.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => connecting.WaitAsync(TimeoutToken));
    }

    [Fact]
    public async Task End_SaidToAPeerThatHasReset_IsNoError()
    {
        var listener = Listen(Address);
        using var socket = await RelaySocket.ConnectAsync(Address, ((IPEndPoint)listener.LocalEndPoint!).Port, TimeoutToken);
        (await AcceptAsync(listener)).Reset();
        await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1], TimeoutToken).AsTask());

        socket.EndSending();
    }
}
