using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class RelaysCommandTests
{
    [Fact]
    public async Task Relays_WithoutAny_SaysSo()
    {
        await using var run = new CliRun();

        Assert.Equal(0, await run.RunAsync("relays"));
        Assert.Equal("There are no relays.\n", run.Output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task Relays_ToRemove_RemovesWhatNobodyNeeds()
    {
        await using var run = new CliRun();
        run.Engine.Relays.AddRange(
        [
            Relay("one", RelayUse.InUseElsewhere),
            Relay("two", RelayUse.Orphaned),
            Relay("three", RelayUse.DesktopApp),
        ]);

        Assert.Equal(0, await run.RunAsync("relays", "--remove"));

        Assert.Equal(["one"], run.Engine.Relays.Select(relay => relay.Name));
        Assert.Equal(
            "demo shop/one udp dns.shop.svc:53 (in use)\ndemo shop/two udp dns.shop.svc:53 (orphaned)\n"
            + "demo shop/three udp dns.shop.svc:53 (left by the desktop app)\nRemoved 2 of 2.\n",
            run.Output.ReplaceLineEndings("\n"));
    }

    private static RelayInfo Relay(string name, RelayUse use) => new("demo", "shop", name, name, "udp dns.shop.svc:53", use, null);
}
