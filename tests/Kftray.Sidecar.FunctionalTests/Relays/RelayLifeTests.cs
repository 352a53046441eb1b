using System.Net;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Relays;

/// <summary>What becomes of relays when the program that made them ends.</summary>
public sealed class RelayLifeTests : RelayTest
{
    [Fact]
    public async Task Program_ThatIsTerminated_RemovesItsRelay()
    {
        await RunUdpEchoAsync("dns");
        using var up = await StartUpAsync(idleExitSeconds: 600);
        await AnswersAsync(up);

        Assert.Equal(0, await up.EndAsync("TERM", TimeoutToken));

        Assert.Empty(Jobs);
    }

    [Fact]
    public async Task Relay_OfAProgramThatWasKilled_IsTakenOverByTheNext()
    {
        await RunUdpEchoAsync("dns");
        string job;
        using (var killed = await StartUpAsync(idleExitSeconds: 600))
        {
            await AnswersAsync(killed);
            job = Assert.Single(Jobs).Uid;
            await killed.EndAsync("KILL", TimeoutToken);
        }

        using var next = await StartUpAsync(idleExitSeconds: 600);
        await AnswersAsync(next);
        Assert.Equal(job, Assert.Single(Jobs).Uid);
        await next.EndAsync("TERM", TimeoutToken);
        Assert.Empty(Jobs);
    }

    [Fact]
    public async Task Relay_OfAProgramThatWasKilled_EndsByItself()
    {
        await RunUdpEchoAsync("dns");
        using (var killed = await StartUpAsync(idleExitSeconds: 10))
        {
            await AnswersAsync(killed);
            await killed.EndAsync("KILL", TimeoutToken);
        }

        var job = Assert.Single(Jobs);
        await Cluster.World.WaitAsync(ResourceKinds.Jobs, Shop, job.Name, IsComplete, TimeoutToken);

        static bool IsComplete(JsonObject? job) => job is null || job["status"]?["conditions"]?.AsArray().Any(c => c!["type"]!.GetValue<string>() == "Complete") == true;
    }

    private async Task<RunningUp> StartUpAsync(int idleExitSeconds)
    {
        var config = Path.Combine(Folder, "kftray.json");
        await File.WriteAllTextAsync(config, $$"""
            { "forwards": [{ "service": "dns", "protocol": "udp", "remote_port": 53, "relay": { "idle_exit_seconds": {{idleExitSeconds}} } }] }
            """, TimeoutToken);
        return RunningUp.Start(config, Kubeconfig);
    }

    private async Task AnswersAsync(RunningUp up)
    {
        var ports = await up.ActiveAsync(1, TimeoutToken);
        using var peer = OpenUdp(new IPEndPoint(IPAddress.Loopback, ports["dns"]));
        Assert.Equal([1, 2, 3], await AskUntilAnsweredAsync(peer, [1, 2, 3]));
    }
}
