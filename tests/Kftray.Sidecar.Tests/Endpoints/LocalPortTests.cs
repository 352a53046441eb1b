using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

/// <summary>Real sockets on loopback, and what this system says about them.</summary>
public sealed class LocalPortTests : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

    [Fact]
    public async Task Find_OnThisSystem_NamesThisProcess()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is here to ask.");
        var port = Hold(IPAddress.Loopback);

        var listener = Assert.Single(await new LinuxPortOwners().FindAsync(port, ForwardProtocol.Tcp, Patience.Token));

        Assert.Equal(IPAddress.Loopback, listener.Address);
        Assert.Equal(Environment.ProcessId, listener.Process?.Id);
        Assert.NotEmpty(listener.Process!.Command!);
    }

    [Fact]
    public async Task Explain_APortHeldByAllAddresses_SaysWhoAndOffersTheNextFree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is here to ask.");
        var binder = new EndpointBinder(new LinuxPortOwners(), TimeProvider.System);
        var spec = Spec("127.0.0.1", Hold(IPAddress.Any));
        var fault = Assert.Throws<ForwardException>(() => binder.Bind(spec)).Fault;

        var explained = await binder.ExplainAsync(spec, fault, Patience.Token);

        Assert.Equal($"Port {spec.LocalPort} is in use by another forward of this Kftray.", explained.Message);
        Assert.Equal("0.0.0.0", explained.Holder?.Address);
        await using var free = binder.Bind(spec with { LocalPort = explained.FreePort!.Value });
    }

    [Theory]
    [InlineData(ForwardProtocol.Tcp)]
    [InlineData(ForwardProtocol.Udp)]
    public async Task Bind_ToAHeldPortWhereTheNextFreeOneWillDo_GetsOneAboveIt(ForwardProtocol protocol)
    {
        var spec = Spec("127.0.0.1", 0) with { Protocol = protocol };
        await using var holder = Binder().Bind(spec);
        var held = holder.LocalEndPoint.Port;

        await using var beside = Binder().Bind(spec with { LocalPort = held, NextFreeLocalPort = true });

        Assert.InRange(beside.LocalEndPoint.Port, held + 1, held + 63);
    }

    [Fact]
    public async Task Probe_APortThatIsHeld_SaysSoAndOffersOneThatNoOtherForwardWants()
    {
        var held = Hold(IPAddress.Loopback);
        var next = Assert.IsType<int>((await Binder().ProbeAsync(new(held), [], Patience.Token)).FreePort);

        var result = await Binder().ProbeAsync(new(held), [Snapshots.Active("other") with { Status = ForwardStatus.Stopped, LocalPort = next }], Patience.Token);

        Assert.Equal(FaultKind.PortInUse, result.Fault?.Kind);
        Assert.InRange(result.FreePort!.Value, next + 1, held + 63);
    }

    [Fact]
    public async Task Probe_AFreePortThatAnotherForwardWants_OffersTheNext()
    {
        await using var released = Binder().Bind(Spec("127.0.0.1", 0));
        var port = released.LocalEndPoint.Port;
        await released.DisposeAsync();
        var other = Snapshots.Active("other") with { Status = ForwardStatus.Stopped, LocalPort = port };

        var result = await Binder().ProbeAsync(new(port), [other], Patience.Token);

        Assert.Null(result.Fault);
        Assert.InRange(result.FreePort!.Value, port + 1, port + 63);
    }

    [Fact]
    public async Task Probe_APortThatTheForwardHoldsItself_IsFree()
    {
        var held = Hold(IPAddress.Loopback);
        var own = Snapshots.Active("own") with { LocalPort = held };

        Assert.Equal(new ProbePortResult(null, held), await Binder().ProbeAsync(new(held, Id: own.Id), [own], Patience.Token));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Bind_Localhost_ListensOnBothFamilies(string client)
    {
        await using var endpoint = Binder().Bind(Spec("localhost", 0));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Parse(client), endpoint.LocalEndPoint.Port, Patience.Token);

        await using var accepted = await endpoint.AcceptAsync(Patience.Token);
        await socket.SendAsync("hello"u8.ToArray(), Patience.Token);

        Assert.Equal(5, (await accepted.ReadAsync(Patience.Token)).Length);
    }

    [Fact]
    public async Task Accept_OnBothFamiliesAtOnce_LosesNone()
    {
        await using var endpoint = Binder().Bind(Spec("localhost", 0));
        using var stopping = new CancellationTokenSource();
        var first = endpoint.AcceptAsync(stopping.Token).AsTask();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        foreach (var address in new[] { IPAddress.IPv6Loopback, IPAddress.Loopback })
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(address, endpoint.LocalEndPoint.Port, Patience.Token);
            await (await endpoint.AcceptAsync(Patience.Token)).DisposeAsync();
        }
    }

    [Fact]
    public void Bind_LocalhostWithOneFamilyTaken_IsInUseAndReleasesTheOther()
    {
        var port = Hold(IPAddress.IPv6Loopback);

        Assert.Equal(FaultKind.PortInUse, Assert.Throws<ForwardException>(() => Binder().Bind(Spec("localhost", port))).Fault.Kind);

        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
    }

    private int Hold(IPAddress address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(address, 0));
        socket.Listen();
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static EndpointBinder Binder() => new(new UnknownPortOwners(), TimeProvider.System);

    private static ForwardSpec Spec(string address, int port) => new()
    {
        Id = "t", Alias = $"t-{Guid.NewGuid()}", Source = "t", Uri = "file:///t", Service = "t", RemotePort = new(80), LocalAddress = address, LocalPort = port,
    };
}
