using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.CommandLine;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Faults;
using Kftray.Testing.Security;
using Kftray.Testing.World;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>What the doctor says of forwards that work, and what it costs. Alone: it is held to its two seconds, and waits no longer for an answer.</summary>
[Collection(nameof(Alone))]
public sealed class DoctorTests : FunctionalTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Doctor_OnAHealthyForward_PassesEveryLinkInLessThanTwoSecondsAndChangesNothing(bool isRunning)
    {
        await RunApplicationAsync("web", "http");
        await ApplyAsync("""{ "service": "web", "remote_port": 80, "open": "http" }""", wanted => isRunning ? wanted : wanted with { Enabled = ["none"] });
        if (isRunning)
            await BecomesAsync("web", ForwardStatus.Active);
        Cluster.Requests.Clear();

        var diagnosis = await DiagnoseAsync("web");

        Assert.Equal("web works from end to end.", diagnosis.Verdict);
        Assert.Null(diagnosis.BrokenLink);
        Assert.All(diagnosis.Checks, check => Assert.Equal((check.Link, CheckResult.Pass), (check.Link, check.Result)));
        Assert.Equal(Enum.GetValues<DiagnosisLink>(), diagnosis.Checks.Select(check => check.Link));
        Assert.InRange(diagnosis.Milliseconds, 1, 2000);
        Assert.Contains("HTTP/1.1 200", diagnosis.Checks[^1].Seen);
        Assert.DoesNotContain(Cluster.Requests.All, IsWrite);
        Assert.Contains(Cluster.Requests.All, request => request.Resource == "selfsubjectaccessreviews");
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("silent")]
    [InlineData("server-speaks-first")]
    [InlineData("closes")]
    public async Task Doctor_WhateverTheApplicationSpeaks_FindsItListeningInLessThanTwoSeconds(string behaviour)
    {
        await RunApplicationAsync("web", behaviour);
        await ForwardAsync("web");

        var diagnosis = await DiagnoseAsync("web");

        Assert.Equal("web works from end to end.", diagnosis.Verdict);
        Assert.InRange(diagnosis.Milliseconds, 1, 2000);
    }

    [Theory]
    [InlineData("wbe", DiagnosisLink.Target, "There is no service 'wbe' in namespace 'shop'.")]
    [InlineData("web", null, "A relay in the cluster would lead to web.shop.svc:53.")]
    public async Task Doctor_OnAStoppedUdpForward_LooksAtItsServiceAndStartsNoRelay(string service, DiagnosisLink? broken, string seen)
    {
        Cluster.World.AddDeployment(Shop, "web", new PodSpec("web", "tcp-echo", new PortSpec(5353, "dns", "UDP")));
        Cluster.World.AddService(Shop, "web", "web", new ServicePortSpec(53, "dns", "dns", "UDP"));
        await Cluster.Pods.WaitReadyAsync(Shop, "app=web", TimeoutToken);
        await ApplyAsync($$"""{ "alias": "dns", "service": "{{service}}", "protocol": "udp", "remote_port": 53 }""", wanted => wanted with { Enabled = ["none"] });
        Cluster.Requests.Clear();

        var diagnosis = await DiagnoseAsync("dns");

        Assert.Equal(broken, diagnosis.BrokenLink);
        Assert.Equal(seen, diagnosis.Checks.Single(check => check.Link == DiagnosisLink.Target).Seen);
        Assert.Equal(CheckResult.Skipped, diagnosis.Checks.Single(check => check.Link == DiagnosisLink.Pods).Result);
        Assert.DoesNotContain(Cluster.Requests.All, IsWrite);
    }

    [Fact]
    public async Task Doctor_WithAnApplicationThatResetsItsClients_NamesTheRoundTrip()
    {
        await RunApplicationAsync("web", "resets-late");
        await ForwardAsync("web");

        var diagnosis = await DiagnoseAsync("web");

        Assert.Equal(DiagnosisLink.RoundTrip, diagnosis.BrokenLink);
        Assert.Contains("was reset", diagnosis.Checks[^1].Seen);
    }

    [Fact]
    public async Task Doctor_WithoutWhatIsOnlyNice_WarnsAndPrintsTheRole()
    {
        await RunApplicationAsync("web", "http");
        using var lab = new Lab(Cluster, Folder, Kubeconfig, TimeoutToken);
        lab.Deny(("watch", "*"), ("*", "endpointslices"), ("get", "pods/portforward"), ("*", "namespaces"));
        await ForwardAsync("web");

        var diagnosis = await DiagnoseAsync("web");

        Assert.Null(diagnosis.BrokenLink);
        var permissions = diagnosis.Checks.Single(check => check.Link == DiagnosisLink.Permissions);
        Assert.Equal(CheckResult.Warn, permissions.Result);
        Assert.Contains("You may not list endpointslices: ready pods are found by the Service's selector.", permissions.Seen);
        var role = string.Join('\n', permissions.Details);
        Assert.Contains("kind: Role\nmetadata: { name: kftray, namespace: shop }", role);
        Assert.Contains("- apiGroups: [\"discovery.k8s.io\"]\n  resources: [\"endpointslices\"]\n  verbs: [\"list\", \"watch\"]", role);
        Assert.Contains("kind: RoleBinding", role);
        Assert.Equal(CheckResult.Skipped, diagnosis.Checks.Single(check => check.Link == DiagnosisLink.Namespace).Result);
    }

    [Fact]
    public async Task Doctor_WithSickPodsBesideAReadyOne_TellsWhatAilsThem()
    {
        await RunApplicationAsync("web", "http");
        Cluster.World.AddPod(Shop, "web-sick", new PodSpec("web", "http", new PortSpec(8080, "main")));
        await Cluster.Pods.WaitReadyByNameAsync(Shop, "web-sick", TimeoutToken);
        Cluster.Pods.Timing = Cluster.Pods.Timing with { RestartDelayMs = -1 };
        Cluster.World.AddPod(Shop, "web-worse", new PodSpec("web", "http", new PortSpec(8080, "main")));
        await Cluster.Pods.WaitReadyByNameAsync(Shop, "web-worse", TimeoutToken);
        Cluster.Pods.Crash(Shop, "web-worse");
        await Cluster.World.WaitAsync(Kftray.Testing.Store.ResourceKinds.Pods, Shop, "web-worse", pod => pod!.ToJsonString().Contains("CrashLoopBackOff"), TimeoutToken);
        await ForwardAsync("web");

        var pods = (await DiagnoseAsync("web")).Checks.Single(check => check.Link == DiagnosisLink.Pods);

        Assert.Equal(CheckResult.Pass, pods.Result);
        Assert.Equal(["web-worse: container main: CrashLoopBackOff: back-off restarting failed container"], pods.Details);
    }

    [Theory]
    [InlineData("spdy", "websocket,")]
    [InlineData("spdy tunnel", "websocket-legacy,")]
    public async Task Doctor_BehindAGateway_NamesTheWayThatIsTaken(string refused, string way)
    {
        await RunApplicationAsync("web", "echo");
        foreach (var transport in refused.Split(' '))
            Cluster.Faults.Add(new(FaultAction.Unsupported) { Transport = transport });
        await ForwardAsync("web");

        var diagnosis = await DiagnoseAsync("web");

        Assert.Null(diagnosis.BrokenLink);
        Assert.StartsWith(way, diagnosis.Checks.Single(check => check.Link == DiagnosisLink.PodSession).Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_WithAShadowOnTheOtherFamily_WarnsOfIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux is here to ask.");
        await RunApplicationAsync("web", "echo");
        var port = await ForwardAsync("web");
        using var shadow = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        shadow.Bind(new IPEndPoint(IPAddress.IPv6Loopback, port));
        shadow.Listen();

        var diagnosis = await DiagnoseAsync("web");

        var local = diagnosis.Checks.Single(check => check.Link == DiagnosisLink.LocalPort);
        Assert.Equal(CheckResult.Warn, local.Result);
        Assert.Contains($"(pid {Environment.ProcessId}) listens on ::1 with the same port.", local.Seen);
        Assert.Equal("web works from end to end, with one warning.", diagnosis.Verdict);
    }

    [Fact]
    public async Task Reports_OfABrokenWorld_FitEightyColumnsAndHoldNoSecret()
    {
        await RunApplicationAsync("web", "http");
        using var lab = new Lab(Cluster, Folder, Kubeconfig, TimeoutToken);
        lab.Deny(("create", "pods/portforward"));
        Cluster.WriteKubeconfig(Kubeconfig, "dev", @namespace: Shop, credential: CredentialKind.Token);
        await ApplyAsync("""{ "service": "web", "remote_port": 80 }""");

        var diagnosis = await DiagnoseAsync("web");

        var text = DiagnosisText.Write(diagnosis);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("FAIL     Permissions", text);
        Assert.Contains("skipped  Round trip", text);
        Assert.StartsWith("# web: svc/web:80\n\n**The chain breaks at 'Permissions': you may not forward ports", diagnosis.Markdown, StringComparison.Ordinal);
        Assert.Contains("| Check | Result | What was seen |", diagnosis.Markdown);
        Assert.Contains("verbs: [\"create\"]", diagnosis.Markdown);
        Assert.DoesNotContain(Cluster.Users["dev"].Token, text + diagnosis.Markdown);
    }

    private static bool IsWrite(ObservedRequest request) =>
        request.Method is not ("GET" or "HEAD") && request.Resource is not ("selfsubjectaccessreviews" or "pods/portforward");
}
