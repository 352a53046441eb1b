using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>Waiting for sockets, as deployed relays do it and as .NET does.</summary>
public sealed class RelaySocketTests : RelayTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wait_WhenBytesCome_Ends(bool polled)
    {
        var (socket, peer) = await PairAsync(polled);
        var buffer = new byte[10];
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(buffer, out _));
        var wait = socket.WaitReadableAsync().AsTask();
        Assert.False(wait.IsCompleted);
        await peer.SendTextAsync("one");
        await wait.WaitAsync(TimeoutToken);

        Assert.Equal("one", await ReadTextAsync(socket, 3));
    }

    /// <summary>The read that takes the bytes does not fill its buffer, and no later event tells of the end.</summary>
    [Fact]
    public async Task End_ThatComesWithTheLastBytes_IsRead()
    {
        var (socket, peer) = await PairAsync(polled: true);
        var reading = ReadTextAsync(socket, 4);
        await AsOneEventAsync(async () =>
        {
            await peer.SendTextAsync("last");
            peer.Socket.Shutdown(SocketShutdown.Send);
        });

        Assert.Equal("last", await reading);
        await socket.WaitReadableAsync().AsTask().WaitAsync(TimeoutToken);
        Assert.Equal(SocketError.Success, socket.TryReceive(new byte[1], out var count));
        Assert.Equal(0, count);
    }

    /// <summary>A read ends before an urgent byte, with more behind it, and no later event tells of that.</summary>
    [Fact]
    public async Task Bytes_BehindAnUrgentOne_AreRead()
    {
        var (socket, peer) = await PairAsync(polled: true);
        var reading = ReadTextAsync(socket, 12);
        await AsOneEventAsync(async () =>
        {
            await peer.SendTextAsync("before");
            peer.Socket.Send("!"u8, SocketFlags.OutOfBand);
            await peer.SendTextAsync("behind");
        });

        Assert.Equal("beforebehind", await reading);
    }

    /// <summary>The second half comes at any moment of the first one's being read. Nothing comes after it that would tell of it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Halves_OfMessages_AreNeverLeftBehind(bool polled)
    {
        const int Messages = 10_000;
        var (socket, peer) = await PairAsync(polled);
        var asking = Task.Run(async () =>
        {
            for (var i = 0; i < Messages; i++)
            {
                peer.Socket.Send(new byte[] { 1 });
                Thread.SpinWait(i * 7 % 3000);
                peer.Socket.Send(new byte[] { 2 });
                await peer.ReadExactlyAsync(1);
            }
        }, TimeoutToken);
        for (var i = 0; i < Messages; i++)
        {
            Assert.Equal(new byte[] { 1, 2 }, await ReadAsync(socket, 2));
            await socket.SendAllAsync(new byte[1]);
        }

        await asking;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_OfMoreThanThereIsRoomFor_WaitsAndSendsEachByteOnce(bool polled)
    {
        var (socket, peer) = await PairAsync(polled);
        var sent = new byte[16_000_000];
        Random.Shared.NextBytes(sent);
        var sending = socket.SendAllAsync(sent).AsTask();
        Assert.False(sending.IsCompleted);

        Assert.Equal(sent, await peer.ReadExactlyAsync(sent.Length));
        await sending.WaitAsync(TimeoutToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposal_EndsTheWaitForBytes(bool polled)
    {
        var (socket, _) = await PairAsync(polled);
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[1], out _));
        var wait = socket.WaitReadableAsync().AsTask();
        socket.Dispose();
        await wait.WaitAsync(TimeoutToken);

        Assert.Equal(SocketError.OperationAborted, socket.TryReceive(new byte[1], out _));
        await socket.WaitReadableAsync().AsTask().WaitAsync(TimeoutToken);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disposal_EndsASendThatWaits(bool polled)
    {
        var (socket, _) = await PairAsync(polled);
        var sending = socket.SendAllAsync(new byte[16_000_000]).AsTask();
        socket.Dispose();

        var ended = await Record.ExceptionAsync(() => sending.WaitAsync(TimeoutToken));
        Assert.True(ended is ObjectDisposedException or SocketException, $"{ended}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Wait_AfterACancelledOne_IsToldWhatCameMeanwhile(bool polled)
    {
        var (socket, peer) = await PairAsync(polled);
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[1], out _));
        using var giveUp = new CancellationTokenSource();
        var wait = socket.WaitReadableUntilAsync(giveUp.Token).AsTask();
        var sending = peer.SendTextAsync("late");
        await giveUp.CancelAsync();
        // Which of the two was first is open.
        await Task.WhenAny(wait);
        await sending;

        await socket.WaitReadableAsync().AsTask().WaitAsync(TimeoutToken);
        Assert.Equal("late", await ReadTextAsync(socket, 4));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reset_OfThePeer_IsAnError(bool polled)
    {
        var (socket, peer) = await PairAsync(polled);
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[1], out _));
        var wait = socket.WaitReadableAsync().AsTask();
        peer.Reset();
        await wait.WaitAsync(TimeoutToken);

        Assert.Equal(SocketError.ConnectionReset, socket.TryReceive(new byte[1], out _));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Datagrams_OneAfterTheOther_AreReadOneByOne(bool polled)
    {
        var peer = BindUdp(Address);
        var socket = Datagrams(peer.Address, polled);
        Assert.Equal(SocketError.Success, socket.TrySend("hello"u8));
        var (_, from) = await peer.ReceiveAsync();
        await peer.SendAsync([], from);
        await peer.SendAsync("second"u8.ToArray(), from);
        var buffer = new byte[100];

        Assert.Equal(0, await socket.ReceiveAsync(buffer, TimeoutToken));
        Assert.Equal(6, await socket.ReceiveAsync(buffer, TimeoutToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Datagram_ThatIsRefused_IsAnErrorOnce(bool polled)
    {
        var socket = Datagrams(Nobody(SocketType.Dgram), polled);
        Assert.Equal(SocketError.Success, socket.TrySend("hello"u8));

        var refusal = await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1], TimeoutToken).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refusal.SocketErrorCode);
        Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[1], out _));
    }

    /// <summary>The system gives the number of a closed socket to the next one.</summary>
    [Fact]
    public async Task Sockets_ThatComeAndGo_AreNotTakenForEachOther()
    {
        var listener = Listen(Address);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        for (var i = 0; i < 200; i++)
        {
            using var socket = await RelaySocket.ConnectAsync(address.Address, address.Port, TimeoutToken);
            using var peer = await listener.AcceptAsync(TimeoutToken);
            Assert.Equal(SocketError.WouldBlock, socket.TryReceive(new byte[1], out _));
            var wait = socket.WaitReadableAsync().AsTask();
            await peer.SendAsync(new[] { (byte)i }, TimeoutToken);
            await wait.WaitAsync(TimeoutToken);
            Assert.Equal([(byte)i], await ReadAsync(socket, 1));
        }
    }

    private async Task<(RelaySocket Socket, RelayClient Peer)> PairAsync(bool polled)
    {
        var listener = Listen(Address);
        var peer = await ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        return (Own(Waiting(await listener.AcceptAsync(TimeoutToken), polled)), peer);
    }

    /// <summary>Keeps the poller from asking for events until the action is done.</summary>
    private async Task AsOneEventAsync(Func<Task> action)
    {
        var (busy, peer) = await PairAsync(polled: true);
        Assert.Equal(SocketError.WouldBlock, busy.TryReceive(new byte[1], out _));
        using var isDone = new ManualResetEventSlim();
        var isHeld = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = HoldAsync();
        await peer.SendAsync(1);
        await isHeld.Task.WaitAsync(TimeoutToken);
        await action();
        isDone.Set();
        await holding;

        async Task HoldAsync()
        {
            await busy.WaitReadableAsync().ConfigureAwait(false);
            isHeld.SetResult();
            isDone.Wait(TimeoutToken);
        }
    }

    private RelaySocket Datagrams(IPEndPoint peer, bool polled)
    {
        var socket = new Socket(SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(peer);
        return Own(Waiting(socket, polled));
    }

    private static RelaySocket Waiting(Socket socket, bool polled)
    {
        Assert.SkipWhen(polled && !OperatingSystem.IsLinux(), "Only Linux polls.");
        socket.Blocking = false;
#pragma warning disable CA1416 // Skipped elsewhere.
        return polled ? new PolledSocket(socket, Poller.Shared) : new EngineSocket(socket);
#pragma warning restore CA1416
    }

    private async Task<string> ReadTextAsync(RelaySocket socket, int length) => System.Text.Encoding.UTF8.GetString(await ReadAsync(socket, length));

    /// <summary>Waits before each read, as who carries bytes does.</summary>
    private async Task<byte[]> ReadAsync(RelaySocket socket, int length)
    {
        var bytes = new List<byte>();
        var buffer = new byte[1000];
        while (bytes.Count < length)
        {
            await socket.WaitReadableAsync().AsTask().WaitAsync(TimeoutToken);
            // Not where events are told, so that they are told meanwhile.
            await Task.Yield();
            var error = socket.TryReceive(buffer, out var count);
            if (error == SocketError.WouldBlock)
                continue;
            Assert.Equal(SocketError.Success, error);
            Assert.NotEqual(0, count);
            bytes.AddRange(buffer.AsSpan(0, count));
        }

        return [.. bytes];
    }
}
