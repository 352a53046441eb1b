using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>How the process starts, where it listens, and how it ends.</summary>
public sealed class LifeTests : RelayTest
{
    [Fact]
    public async Task Environment_ThatIsWrong_IsOneLineAndExitCodeTwo()
    {
        using var relay = RelayProcess.Launch(("LOCAL_PORT", "none"), ("REMOTE_ADDRESS", "db"), ("REMOTE_PORT", "5432"), ("PROXY_TYPE", "sctp"));

        Assert.Equal(2, await relay.WaitForEndAsync(TimeoutToken));
        Assert.Equal("kftray-server: PROXY_TYPE must be tcp or udp; LOCAL_PORT must be 0–65535.", Assert.Single(relay.Lines));
    }

    [Fact]
    public async Task Port_ThatIsInUse_IsOneLineAndExitCodeOne()
    {
        var taken = (IPEndPoint)Listen().LocalEndPoint!;
        using var relay = RelayProcess.Launch(
            ("LISTEN_ADDRESS", $"{taken.Address}"), ("LOCAL_PORT", $"{taken.Port}"), ("REMOTE_ADDRESS", "db"), ("REMOTE_PORT", "5432"), ("PROXY_TYPE", "tcp"));

        Assert.Equal(1, await relay.WaitForEndAsync(TimeoutToken));
        Assert.Equal($"kftray-server: port {taken.Port} cannot be bound: AddressAlreadyInUse.", Assert.Single(relay.Lines));
    }

    [Fact]
    public async Task Sigterm_WithConnectionsOpen_EndsThemAndExitsClean()
    {
        var target = Listen();
        var relay = await RunAsync(ProxyType.Tcp, target.LocalEndPoint!);
        var client = await OpenAsync(RelayKind.Tcp);
        var server = await AcceptAsync(target);
        var (code, line) = await relay.TerminateAsync(TimeoutToken);

        Assert.Equal((0, "kftray-server: told to end; counted: nothing"), (code, line));
        await client.ReadResetAsync();
        await server.ReadResetAsync();
        Assert.Equal(2, relay.Lines.Count);
    }

    [Fact]
    public async Task Relay_ThatNobodySpeaksTo_EndsByItself()
    {
        var relay = await RunAsync(ProxyType.Udp, Nobody(SocketType.Dgram), ("IDLE_EXIT_SECONDS", "1"));

        Assert.Equal(0, await relay.WaitForEndAsync(TimeoutToken));
        Assert.Equal("kftray-server: ends, since nobody speaks to it; counted: nothing", relay.Lines[^1]);
    }

    [Fact]
    public async Task Heartbeat_AndNothingElse_KeepsTheRelayUntilItStops()
    {
        var relay = RunInProcess(ProxyType.Udp, Nobody(SocketType.Dgram), options => options with { IdleExit = TimeSpan.FromMinutes(10) });
        var client = await OpenAsync(RelayKind.Heartbeat);
        for (var minute = 0; minute < 20; minute++)
        {
            await client.SendAsync(1);
            await client.ReadExactlyAsync(1);
            relay.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.False(relay.Ended.IsCompleted);
        relay.Time.Advance(TimeSpan.FromMinutes(10));
        await relay.Ended.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Datagrams_AndNothingElse_KeepTheRelay()
    {
        var target = BindUdp();
        var relay = RunInProcess(ProxyType.Udp, target.Address, options => options with { IdleExit = TimeSpan.FromMinutes(10) });
        var client = await OpenAsync(RelayKind.Udp);
        for (var minute = 0; minute < 20; minute++)
        {
            await client.SendFrameAsync("x"u8.ToArray());
            await target.ReceiveTextAsync("x");
            relay.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.False(relay.Ended.IsCompleted);
    }

    [Fact]
    public async Task ControlPort_WithoutAListenAddress_IsOnLoopbackWhileTheOtherIsOnAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc/net.");
        var control = Nobody(SocketType.Stream).Port;
        using var relay = await RelayProcess.StartAsync(
            [("LOCAL_PORT", "0"), ("CONTROL_PORT", $"{control}"), ("PROXY_TYPE", "udp"), ("REMOTE_ADDRESS", "127.0.0.1"), ("REMOTE_PORT", "9")], TimeoutToken);

        Assert.Equal(["127.0.0.1"], await ListenersAsync(control));
        Assert.Equal([Socket.OSSupportsIPv6 ? "::" : "0.0.0.0"], await ListenersAsync(relay.Compatible.Port));
        // IPv4 and IPv6 both.
        await ConnectAsync(new IPEndPoint(IPAddress.Loopback, relay.Compatible.Port));
        if (Socket.OSSupportsIPv6)
            await ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, relay.Compatible.Port));
    }

    [Fact]
    public async Task ListenAddress_OfLoopback_IsThatOfBothPorts()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Reads /proc/net.");
        var relay = await RunAsync(ProxyType.Udp, Nobody(SocketType.Dgram));

        Assert.Equal([$"{Address}"], await ListenersAsync(relay.Compatible.Port));
        Assert.Contains($"{Address}", await ListenersAsync(RelayProtocol.DefaultControlPort));
    }

    [Fact]
    public async Task ControlPort_ThatIsInUse_IsSaidAndTheOtherServesOn()
    {
        var target = BindUdp();
        var taken = (IPEndPoint)Listen(Address).LocalEndPoint!;
        var relay = await RunAsync(ProxyType.Udp, target.Address, ("CONTROL_PORT", $"{taken.Port}"));
        await relay.WaitForLineAsync($"the control port {taken.Port} cannot be bound", TimeoutToken);
        var client = await ConnectAsync(relay.Compatible);
        await client.SendFrameAsync("old"u8.ToArray());

        await target.ReceiveTextAsync("old");
    }

    [Fact]
    public async Task ControlPort_OfZero_IsNone()
    {
        var relay = await RunAsync(ProxyType.Udp, Nobody(SocketType.Dgram), ("CONTROL_PORT", "0"));

        Assert.EndsWith("control port none", Assert.Single(relay.Lines), StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(ConnectControlAsync)).SocketErrorCode);
    }

    [Fact]
    public async Task Memory_WithAThousandIdleFlows_StaysSmall()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("KFTRAY_SERVER") is { Length: > 0 }, "Measures the program as it is shipped: KFTRAY_SERVER names it.");
        var target = BindUdp();
        var relay = await RunAsync(ProxyType.Udp, target.Address);
        var flows = new List<RelayClient>();
        for (var i = 0; i < 1000; i++)
        {
            flows.Add(await OpenAsync(RelayKind.Udp));
            await flows[i].SendFrameAsync(new byte[1000]);
            await target.ReceiveAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{relay.Resident / 1e6:F1} MB resident"));
        Assert.InRange(relay.Resident, 0, 20_000_000);
    }

    /// <summary>The addresses at which somebody listens on a port, as the system itself says it: proc_net_tcp of the kernel's documentation.</summary>
    private async Task<string[]> ListenersAsync(int port)
    {
        const string listening = "0A";
        var found = new List<string>();
        foreach (var table in (string[])["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (!File.Exists(table))
                continue;
            foreach (var line in (await File.ReadAllLinesAsync(table, TimeoutToken)).Skip(1))
            {
                var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var local = fields[1].Split(':');
                if (fields[3] != listening || int.Parse(local[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) != port)
                    continue;
                // Words in the machine's order, which is little endian on all that we build for.
                var bytes = Convert.FromHexString(local[0]).Chunk(4).SelectMany(word => word.Reverse()).ToArray();
                found.Add(new IPAddress(bytes).ToString());
            }
        }

        return [.. found];
    }
}
