using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>What every test here has: a time limit, a loopback address of its own for the relay, and sockets that play client and target.</summary>
public abstract class RelayTest : IAsyncDisposable
{
    private static int s_addresses = Random.Shared.Next(0x10_0000);

    private readonly CancellationTokenSource _timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly Stack<object> _owned = [];

    protected RelayTest() => _timeout.CancelAfter(TimeSpan.FromSeconds(40));

    /// <summary>Fails the test when a wait takes too long.</summary>
    protected CancellationToken TimeoutToken => _timeout.Token;

    /// <summary>Nobody else's, so that every relay can have its usual ports.</summary>
    protected IPAddress Address { get; } = NextAddress();

    /// <summary>The program as it is shipped, with this target.</summary>
    private protected async Task<RelayProcess> RunAsync(ProxyType type, EndPoint target, params (string Name, string Value)[] more)
    {
        var (host, port) = target switch
        {
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            DnsEndPoint name => (name.Host, name.Port),
            _ => throw new ArgumentException("An address or a name.", nameof(target)),
        };
        return Own(await RelayProcess.StartAsync(
            [
                ("LISTEN_ADDRESS", $"{Address}"), ("LOCAL_PORT", "0"), ("PROXY_TYPE", type == ProxyType.Udp ? "udp" : "tcp"),
                ("REMOTE_ADDRESS", host), ("REMOTE_PORT", $"{port}"), .. more,
            ],
            TimeoutToken));
    }

    /// <summary>The relay in this process, on a clock moved by hand.</summary>
    private protected RelayInProcess RunInProcess(ProxyType type, IPEndPoint target, Func<RelayOptions, RelayOptions>? change = null)
    {
        var options = new RelayOptions
        {
            ListenAddress = Address, LocalPort = 0, ProxyType = type, RemoteAddress = $"{target.Address}", RemotePort = target.Port, IdleExit = TimeSpan.Zero,
        };
        return Own(new RelayInProcess(change?.Invoke(options) ?? options));
    }

    /// <summary>A connection to the control port that has said hello.</summary>
    private protected async Task<RelayClient> SayHelloAsync(RelayKind kind)
    {
        var client = await ConnectControlAsync();
        var hello = new byte[RelayProtocol.HelloLength];
        RelayProtocol.WriteHello(hello, kind);
        await client.SendAsync(hello);
        return client;
    }

    /// <summary>A connection to the control port that was let in.</summary>
    private protected async Task<RelayClient> OpenAsync(RelayKind kind)
    {
        var client = await SayHelloAsync(kind);
        var (status, text) = await client.ReadStatusAsync();
        Assert.True(status == RelayStatus.Ok, $"{status}: {text}");
        return client;
    }

    private protected Task<RelayClient> ConnectControlAsync() => ConnectAsync(new IPEndPoint(Address, RelayProtocol.DefaultControlPort));

    private protected async Task<RelayClient> ConnectAsync(IPEndPoint address)
    {
        var socket = Own(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        await socket.ConnectAsync(address, TimeoutToken);
        return new RelayClient(socket, TimeoutToken);
    }

    /// <summary>A target of datagrams, played by the test.</summary>
    private protected DatagramPeer BindUdp(IPAddress? address = null, int port = 0) => Own(new DatagramPeer(address ?? IPAddress.Loopback, port, TimeoutToken));

    /// <summary>A target of connections, played by the test.</summary>
    private protected Socket Listen(IPAddress? address = null, int backlog = 100)
    {
        address ??= IPAddress.Loopback;
        var listener = Own(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(backlog);
        return listener;
    }

    /// <summary>A datagram of that size to the target and the same one back.</summary>
    private protected static async Task ArrivesWholeBothWaysAsync(RelayClient client, DatagramPeer target, int size)
    {
        var sent = new byte[size];
        Random.Shared.NextBytes(sent);
        await client.SendFrameAsync(sent);
        var (payload, from) = await target.ReceiveAsync();
        Assert.Equal(sent, payload);
        await target.SendAsync(payload, from);

        Assert.Equal(sent, await client.ReadFrameAsync());
    }

    private protected async Task<RelayClient> AcceptAsync(Socket listener) => new(Own(await listener.AcceptAsync(TimeoutToken)), TimeoutToken);

    /// <summary>A port where nobody listens.</summary>
    private protected static IPEndPoint Nobody(SocketType type)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, type, ProtocolType.Unspecified);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private protected T Own<T>(T owned)
        where T : class
    {
        _owned.Push(owned);
        return owned;
    }

    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            if (owned is IAsyncDisposable running)
                await running.DisposeAsync();
            else
                ((IDisposable)owned).Dispose();
        }

        _timeout.Dispose();
        Clean();
        GC.SuppressFinalize(this);
    }

    /// <summary>What a test of this kind leaves besides what it owns.</summary>
    protected virtual void Clean()
    {
    }

    private static IPAddress NextAddress()
    {
        var number = Interlocked.Increment(ref s_addresses) & 0x7_FFFF;
        return new IPAddress([127, (byte)(0xD0 | ((number >> 15) & 0xF)), (byte)(number >> 7), (byte)((number & 0x7F) + 1)]);
    }
}
