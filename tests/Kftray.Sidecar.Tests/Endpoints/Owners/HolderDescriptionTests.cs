using System.Net;
using Kftray.Sidecar.Endpoints.Owners;
using Xunit;

namespace Kftray.Sidecar.Tests.Endpoints.Owners;

public sealed class HolderDescriptionTests
{
    [Fact]
    public void Of_AnotherKftray_NamesItsWindow()
    {
        var holder = HolderDescription.Of(Listener("kftray-sidecar", "/x/kftray-sidecar", "serve", "--window", "shop web"));

        Assert.True(holder.IsKftray);
        Assert.Equal("shop web", holder.Window);
    }

    [Theory]
    [InlineData("\"C:\\x\\kftray-sidecar.exe\" serve --window \"shop web\"", "shop web")]
    [InlineData("/x/kftray-sidecar serve --window shop-web", "shop-web")]
    [InlineData("/x/kftray-sidecar up", null)]
    public void Of_AnotherKftrayByItsLine_NamesItsWindow(string line, string? window) =>
        Assert.Equal(window, HolderDescription.Of(new(IPAddress.Loopback, new(5, "kftray-sidecar", line, []))).Window);

    [Theory]
    [InlineData("mysqld --user=x --password=geheim --port 3306", "mysqld --user=x --password=… --port 3306")]
    [InlineData("mysql -pgeheim -h x", "mysql -p… -h x")]
    [InlineData("tool --api-key geheim run", "tool --api-key … run")]
    [InlineData("env API_TOKEN=geheim node app.js", "env API_TOKEN=… node app.js")]
    [InlineData("app postgres://me:geheim@db/x", "app postgres://…@db/x")]
    [InlineData("curl -H Authorization: geheim", "curl -H Authorization: …")]
    [InlineData("curl -H Authorization: Bearer geheim", "curl -H Authorization: Bearer …")]
    [InlineData("redis-server 127.0.0.1:6379", "redis-server 127.0.0.1:6379")]
    public void Of_ACommandLine_KeepsItsSecrets(string command, string shown) =>
        Assert.Equal(shown, HolderDescription.Of(new(IPAddress.Loopback, new(5, "x", command, []))).Command);

    [Fact]
    public void InTheWayOf_AnAddress_IsTheSameOneOrThatOfAll()
    {
        PortListener six = new(IPAddress.IPv6Loopback, null), all = new(IPAddress.Any, null), same = new(IPAddress.Loopback, null);

        Assert.Same(same, HolderDescription.InTheWayOf(IPAddress.Loopback, [six, all, same]));
        Assert.Same(all, HolderDescription.InTheWayOf(IPAddress.Loopback, [six, all]));
        Assert.Null(HolderDescription.InTheWayOf(IPAddress.Loopback, [six]));
        Assert.Same(six, HolderDescription.InTheWayOf(IPAddress.IPv6Any, [six]));
    }

    private static PortListener Listener(string name, params string[] arguments) =>
        new(IPAddress.Loopback, new(5, name, string.Join(' ', arguments), arguments));
}
