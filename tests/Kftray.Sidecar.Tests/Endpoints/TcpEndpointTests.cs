using System.Net;
using System.Net.Sockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

/// <summary>Real sockets on loopback: what the operating system does is the point here.</summary>
public sealed class TcpEndpointTests : TestBase
{
    [Fact]
    public async Task Connection_CarriesBytesBothWaysWithAHalfClose()
    {
        var (client, connection) = await ConnectAsync();
        await client.SendAsync(Encoding.UTF8.GetBytes("request"), TimeoutToken);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal("request", Encoding.UTF8.GetString((await connection.ReadAsync(TimeoutToken)).Span));
        Assert.True((await connection.ReadAsync(TimeoutToken)).IsEmpty);
        await connection.WriteAsync(Encoding.UTF8.GetBytes("the whole reply"));
        await connection.CompleteWritesAsync();
        await connection.DisposeAsync();

        Assert.Equal("the whole reply", Encoding.UTF8.GetString(await ReadToEndAsync(client)));
    }

    [Fact]
    public async Task Connection_ReadsMoreThanItsBufferInOrder()
    {
        var (client, connection) = await ConnectAsync();
        var bytes = new byte[1_000_000];
        new Random(6).NextBytes(bytes);
        var sending = Task.Run(
            async () =>
            {
                for (var sent = 0; sent < bytes.Length;)
                    sent += await client.SendAsync(bytes.AsMemory(sent), TimeoutToken);
                client.Shutdown(SocketShutdown.Send);
            },
            TimeoutToken);

        var received = new MemoryStream();
        while (await connection.ReadAsync(TimeoutToken) is { IsEmpty: false } part)
            received.Write(part.Span);

        await sending;
        Assert.True(bytes.AsSpan().SequenceEqual(received.ToArray()));
    }

    [Fact]
    public async Task Read_ThatIsCancelled_LeavesTheBytesForTheNext()
    {
        var (client, connection) = await ConnectAsync();
        using var impatient = new CancellationTokenSource();
        var reading = connection.ReadAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        await client.SendAsync(Encoding.UTF8.GetBytes("kept"), TimeoutToken);

        Assert.Equal("kept", Encoding.UTF8.GetString((await connection.ReadAsync(TimeoutToken)).Span));
    }

    [Fact]
    public async Task Abort_IsAResetForTheClient()
    {
        var (client, connection) = await ConnectAsync();
        await connection.WriteAsync(Encoding.UTF8.GetBytes("half a"));
        var buffer = new byte[6];
        await client.ReceiveAsync(buffer, TimeoutToken);

        connection.Abort();
        connection.Abort();

        var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(buffer, TimeoutToken));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await connection.ReadAsync(TimeoutToken));
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await connection.WriteAsync(new byte[1]));
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await connection.CompleteWritesAsync());
    }

    [Fact]
    public async Task Reset_OfTheClient_EndsAReadThatWaits()
    {
        var (client, connection) = await ConnectAsync();
        var reading = connection.ReadAsync(TimeoutToken).AsTask();

        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        await Assert.ThrowsAsync<EndOfConnectionException>(() => reading);
    }

    [Fact]
    public async Task Abort_EndsAWriteToAClientThatDoesNotRead()
    {
        var (_, connection) = await ConnectAsync();
        var writing = Task.Run(async () => await connection.WriteAsync(new byte[64 * 1024 * 1024]), TimeoutToken);

        connection.Abort();

        await Assert.ThrowsAsync<EndOfConnectionException>(() => writing);
    }

    [Fact]
    public async Task Bind_ToAPortThatIsHeld_SaysSoAndTakesItOnceItIsFree()
    {
        await using var holder = Bind(0);
        var port = holder.LocalEndPoint.Port;

        var fault = Assert.Throws<ForwardException>(() => Bind(port)).Fault;
        Assert.Equal(FaultKind.PortInUse, fault.Kind);
        Assert.Contains(port.ToString(), fault.Message, StringComparison.Ordinal);
        Assert.NotNull(fault.Hint);

        await holder.DisposeAsync();
        await using var next = Bind(port);
        Assert.Equal(port, next.LocalEndPoint.Port);
    }

    [Fact]
    public async Task Bind_AfterConnectionsWereServed_TakesTheSamePortAtOnce()
    {
        var endpoint = Bind(0);
        var port = endpoint.LocalEndPoint.Port;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(endpoint.LocalEndPoint, TimeoutToken);
        var connection = await endpoint.AcceptAsync(TimeoutToken);
        await connection.CompleteWritesAsync();
        await endpoint.DisposeAsync();

        await using var next = Bind(port);

        Assert.Equal(port, next.LocalEndPoint.Port);
        await connection.DisposeAsync();
    }

    [Fact]
    public void Bind_ToAPrivilegedPort_SaysSoOrWorks()
    {
        try
        {
            _ = Own(Bind(1));
            Assert.True(Environment.IsPrivilegedProcess || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() || UnprivilegedStart() <= 1);
        }
        catch (ForwardException e)
        {
            Assert.Equal(FaultKind.PortNotPermitted, e.Fault.Kind);
            Assert.NotNull(e.Fault.Hint);
        }

        static int UnprivilegedStart() => int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"));
    }

    [Fact]
    public void Bind_ToAnAddressOfAnotherMachine_SaysSo()
    {
        var fault = Assert.Throws<ForwardException>(() => new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(Spec(0) with { LocalAddress = "192.0.2.1", LocalPort = 18081 })).Fault;

        Assert.Equal(FaultKind.AddressNotAvailable, fault.Kind);
    }

    [Fact]
    public async Task Bind_WithoutAPort_GetsTheSameOneAgainAndTheNextOneIfItIsHeld()
    {
        var spec = Spec(0) with { Alias = $"stable-{Guid.NewGuid()}" };
        var first = Own(new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(spec));
        var port = first.LocalEndPoint.Port;
        await first.DisposeAsync();

        var again = Own(new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(spec));
        Assert.Equal(port, again.LocalEndPoint.Port);
        var beside = Own(new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(spec));
        Assert.NotEqual(port, beside.LocalEndPoint.Port);
    }

    [Fact]
    public void Bind_ToAHeldPortWhereTheNextFreeOneWillDo_GetsOneAboveIt()
    {
        var held = Own(Bind(0)).LocalEndPoint.Port;

        var beside = Own(new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(Spec(held) with { NextFreeLocalPort = true }));

        Assert.InRange(beside.LocalEndPoint.Port, held + 1, held + 63);
    }

    [Fact]
    public void StablePort_StaysInItsRangeAndBelowTheSystemsOwn()
    {
        for (var i = 0; i < 200; i++)
        {
            var ports = StablePort.Candidates("app", $"alias-{i}").ToList();
            Assert.All(ports, port => Assert.InRange(port, 20000, 32767));
            Assert.Equal(ports.Count, ports.Distinct().Count());
        }

        Assert.NotEqual(StablePort.Candidates("a", "bc").First(), StablePort.Candidates("ab", "c").First());
    }

    [Fact]
    public async Task Accept_IsEndedByItsToken()
    {
        await using var endpoint = Bind(0);
        using var stopping = new CancellationTokenSource();
        var accepting = endpoint.AcceptAsync(stopping.Token).AsTask();

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting);
    }

    private static ILocalEndpoint Bind(int port) => new TcpEndpointBinder(new UnknownPortOwners(), TimeProvider.System).Bind(Spec(port) with { Alias = $"t-{Guid.NewGuid()}" });

    private static ForwardSpec Spec(int port) => new()
    {
        Id = "app/web",
        Alias = "web",
        Source = "app",
        Uri = "file:///kftray.json",
        Service = "web",
        RemotePort = new PortReference(80),
        LocalPort = port,
    };

    private async Task<(Socket Client, IDuplexConnection Connection)> ConnectAsync()
    {
        await using var endpoint = Bind(0);
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(IPAddress.Loopback, endpoint.LocalEndPoint.Port, TimeoutToken);
        Own(new OwnedSocket(client));
        return (client, Own(await endpoint.AcceptAsync(TimeoutToken)));
    }

    private async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        var all = new MemoryStream();
        var buffer = new byte[4096];
        int count;
        while ((count = await socket.ReceiveAsync(buffer, TimeoutToken)) > 0)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    private sealed class OwnedSocket(Socket socket) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
