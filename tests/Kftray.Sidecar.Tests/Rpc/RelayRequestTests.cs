using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class RelayRequestTests
{
    [Fact]
    public async Task Relays_AreListedAndRemoved()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var relay = new RelayInfo("demo", "shop", "kftray-relay-1", "uid", "udp dns.shop.svc:53", RelayUse.Orphaned, DateTimeOffset.UnixEpoch);
        session.Engine.Relays.Add(relay);

        var listed = await session.RequestAsync<RelayListResult>("relay/list", new RelayListParams());
        Assert.Equal([relay], listed.Relays);

        var result = await session.RequestAsync<RelayRemoveResult>("relay/remove", new RelayRemoveParams(listed.Relays));
        Assert.Equal([relay], result.Removed);
        Assert.Empty(session.Engine.Relays);
    }
}
