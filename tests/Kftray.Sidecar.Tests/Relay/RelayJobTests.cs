using System.Net;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Relay;
using Kftray.Sidecar.Tests.Kubernetes;
using Kftray.Sidecar.Tests.Targets;
using Xunit;
using static Kftray.Sidecar.Tests.Kubernetes.Objects;

namespace Kftray.Sidecar.Tests.Relay;

/// <summary>The life of a relay, seen from the forward that needs it.</summary>
public sealed class RelayJobTests : RelayTestBase
{
    [Fact]
    public async Task Relay_ThatIsWanted_IsCreatedAndUsedWhenItsPodIsReady()
    {
        await using var answers = Resolve(Proxy());
        Assert.Equal(FaultKind.RelayStarting, (await answers.UnavailableAsync()).Fault.Kind);
        var job = Assert.Single(Jobs());

        World.Cluster.Put("pods", "relay-x", RelayPod(job));
        var ready = await ReadyAsync(answers);

        Assert.Equal(("relay-x", RelayManifest.LocalPort), (ready.Name, ready.Port));
        Assert.IsType<RelayDialer>(ready.Dialer);
    }

    [Fact]
    public async Task Forwards_ThatWantTheSame_ShareARelay_AndOthersDoNot()
    {
        await using var one = Resolve(Proxy());
        await using var same = Resolve(Proxy() with { Alias = "other", LocalPort = 1 });
        await using var other = Resolve(Proxy() with { RemotePort = new(5433) });
        await one.UnavailableAsync();
        await same.UnavailableAsync();
        await other.UnavailableAsync();

        Assert.Equal(2, Jobs().Count);
    }

    [Fact]
    public async Task Relay_OfAProcessThatHasEnded_IsAdopted()
    {
        await CreateAndForgetAsync("7-7000");
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();

        var job = Assert.Single(Jobs());
        Assert.Equal(Kubernetes.World.ThisProcess, job["metadata"]!["labels"]![RelayLabels.Process]!.GetValue<string>());
    }

    [Fact]
    public async Task Relay_OfAProcessThatRuns_IsNotTouched()
    {
        await CreateAndForgetAsync("7-7000");
        World.RunningProcesses.Add("7-7000");
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();

        Assert.Equal(2, Jobs().Count);
        await SweepAsync();
        Assert.Equal(2, Jobs().Count);
    }

    [Fact]
    public async Task Sweep_RemovesWhatIsOrphanedAndNobodyElses()
    {
        PutJob("mine-orphaned", "me", "7-7000");
        PutJob("mine-running", "me", "8-8000");
        PutJob("somebody-elses", "you", "7-7000");
        World.Cluster.Put("jobs", "no-relay", """{"kind":"Job","metadata":{"name":"no-relay","namespace":"shop","uid":"n","resourceVersion":"$version","labels":{}}}""");
        World.RunningProcesses.Add("8-8000");
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();

        await SweepAsync();

        Assert.Equal(["mine-running", "no-relay", "somebody-elses"], World.Cluster.Names("jobs").Where(name => !name.StartsWith("kftray-relay-", StringComparison.Ordinal)).Order());
    }

    [Fact]
    public async Task Relay_WhosePodIsGone_IsReplaced()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        var first = Assert.Single(Jobs());
        World.Cluster.Put("pods", "relay-x", RelayPod(first));
        await ReadyAsync(answers);

        World.Cluster.Delete("pods", "relay-x");
        Assert.Equal(FaultKind.PodGone, (await answers.UnavailableAsync()).Fault.Kind);
        var second = await World.PassTimeUntil(NextJobAsync(Name(first)));
        World.Cluster.Put("pods", "relay-y", RelayPod(second, "relay-y"));

        Assert.Equal("relay-y", (await ReadyAsync(answers)).Name);
        Assert.Single(Jobs());
    }

    [Fact]
    public async Task Relay_ThatNobodyWantsAnyMore_IsRemovedAfterAMoment()
    {
        var answers = Resolve(Proxy());
        await answers.UnavailableAsync();
        await answers.DisposeAsync();
        await World.Time.Armed(RelaySet.Linger);
        Assert.Single(Jobs());

        World.Time.Advance(RelaySet.Linger);
        await UntilAsync(() => Jobs().Count == 0);
    }

    [Fact]
    public async Task Relays_OfAProcessThatStops_AreRemoved()
    {
        await using var answers = Resolve(Proxy());
        await answers.UnavailableAsync();

        await World.Relays.DisposeAsync();

        Assert.Empty(Jobs());
    }

    private async Task CreateAndForgetAsync(string process)
    {
        await using var world = new Kubernetes.World();
        await using (var answers = Answers.Resolve(world, Proxy()))
        {
            await answers.UnavailableAsync();
            var job = JsonNode.Parse(Assert.Single(world.Cluster.Items("jobs")))!;
            job["metadata"]!["labels"]![RelayLabels.Process] = process;
            job["metadata"]!["resourceVersion"] = "$version";
            World.Cluster.Put("jobs", Name(job), job.ToJsonString());
        }
    }

    private async Task SweepAsync()
    {
        await World.Time.Armed(RelaySet.SweepDelay);
        var asked = World.Cluster.Requests.Count(IsSweep);
        World.Time.Advance(RelaySet.SweepDelay);
        await UntilAsync(() => World.Cluster.Requests.Count(IsSweep) > asked);
        // What it removes it has removed when the next request of this kind could follow: nothing waits in between.
        await UntilAsync(() => !World.Cluster.Names("jobs").Contains("mine-orphaned"));

        static bool IsSweep(string request) => request.Contains("labelSelector", StringComparison.Ordinal) && !request.Contains("target", StringComparison.Ordinal);
    }

    private async Task<JsonNode> NextJobAsync(string old)
    {
        await UntilAsync(() => Jobs().Any(job => Name(job) != old));
        return Jobs().Single(job => Name(job) != old);
    }
}
