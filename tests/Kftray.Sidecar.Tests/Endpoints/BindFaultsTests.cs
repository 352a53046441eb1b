using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints;

public sealed class BindFaultsTests
{
    [Theory]
    [InlineData(HostSystem.Linux, "sudo sysctl net.ipv4.ip_unprivileged_port_start=80")]
    [InlineData(HostSystem.MacOS, "to root only")]
    [InlineData(HostSystem.Windows, "Pick another local_port")]
    internal void From_APrivilegedPort_SaysWhatThisSystemAsksFor(HostSystem system, string remedy)
    {
        var fault = BindFaults.From(SocketError.AccessDenied, IPAddress.Loopback, 80, system);

        Assert.Equal((FaultKind.PortNotPermitted, "Port 80 may not be opened by this user."), (fault.Kind, fault.Message));
        Assert.Contains(remedy, fault.Hint);
    }

    [Theory]
    [InlineData(HostSystem.MacOS, "127.0.0.7", "sudo ifconfig lo0 alias 127.0.0.7 up")]
    [InlineData(HostSystem.Linux, "192.0.2.1", "Remove local_address")]
    [InlineData(HostSystem.Linux, "::1", "IPv6 is turned off")]
    internal void From_AnAddressThatIsNotHere_SaysWhatToRun(HostSystem system, string address, string remedy)
    {
        var fault = BindFaults.From(SocketError.AddressNotAvailable, IPAddress.Parse(address), 8080, system);

        Assert.Equal(FaultKind.AddressNotAvailable, fault.Kind);
        Assert.Contains(remedy, fault.Hint);
    }

    [Fact]
    public void InUse_ByAProcess_NamesItAndTheNextFreePort()
    {
        var fault = BindFaults.InUse(6379, new("127.0.0.1", 4123, "redis-server", "redis-server", false, null), 6380);

        Assert.Equal("Port 6379 is in use by redis-server (pid 4123).", fault.Message);
        Assert.Equal("Use local_port 6380, which is free, or stop redis-server.", fault.Hint);
        Assert.Equal(6380, fault.FreePort);
    }

    [Fact]
    public void InUse_ByAnotherWindow_NamesTheWindow()
    {
        var fault = BindFaults.InUse(8080, new("127.0.0.1", 7, "kftray-sidecar", null, true, "shop-web"), null);

        Assert.Equal("Port 8080 is in use by another Kftray (window \"shop-web\", pid 7).", fault.Message);
        Assert.Equal("Stop the forward there, or pick another local_port.", fault.Hint);
    }

    [Fact]
    public void InUse_BySomebodyUnknown_SaysSoWithoutInventing()
    {
        var fault = BindFaults.InUse(8080, new("0.0.0.0", null, null, null, false, null), 8081);

        Assert.Equal("Port 8080 is in use.", fault.Message);
        Assert.Equal("Use local_port 8081, which is free, or stop the process that holds it.", fault.Hint);
    }

    [Fact]
    public void Reserved_ByWindows_NamesTheRange() =>
        Assert.Equal("Windows keeps the ports 50000–50059 for itself, and 50001 is one of them.", BindFaults.Reserved(50001, new(50000, 50059)).Message);
}
