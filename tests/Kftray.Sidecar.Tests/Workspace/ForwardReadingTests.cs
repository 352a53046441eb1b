using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class ForwardReadingTests
{
    [Fact]
    public void Read_OfTheShortForm_FillsInTheDefaults()
    {
        var spec = Documents.ReadOne("""{"service": "frontend", "local_port": 3000, "remote_port": 80}""");

        Assert.Equal(
            new ForwardSpec
            {
                Id = "user/frontend",
                Alias = "frontend",
                Source = "user",
                Uri = "file:///home/me/forwards.json",
                Service = "frontend",
                RemotePort = new PortReference(80),
                LocalPort = 3000,
            },
            spec);
    }

    [Fact]
    public void Read_OfEveryKey_KeepsEachValue()
    {
        var spec = Documents.ReadOne(
            """
            {"version": 1, "forwards": [{
              "alias": "shop/db", "workload_type": "pod", "target": "app=db", "remote_port": "pg", "local_port": 5432, "local_address": "::1",
              "protocol": "tcp", "namespace": "shop", "context": "kind-dev", "kubeconfig": "/home/me/a:/home/me/b", "hold_seconds": 1.5,
              "half_close_grace_seconds": 0, "balance": "spread", "open": "https", "auto_start": true, "relay": {"image": "r"}
            }]}
            """);

        Assert.Equal(
            new ForwardSpec
            {
                Id = "user/shop/db",
                Alias = "shop/db",
                Source = "user",
                Uri = "file:///home/me/forwards.json",
                WorkloadType = WorkloadType.Pod,
                Selector = "app=db",
                RemotePort = new PortReference(0, "pg"),
                LocalPort = 5432,
                LocalAddress = "::1",
                Namespace = "shop",
                Context = "kind-dev",
                Kubeconfig = "/home/me/a:/home/me/b",
                HoldTimeout = TimeSpan.FromSeconds(1.5),
                HalfCloseGrace = TimeSpan.Zero,
                Balance = Balance.Spread,
                Open = OpenScheme.Https,
                AutoStart = true,
            },
            spec);
    }

    [Theory]
    [InlineData("\"kubeconfig\": \"default\", \"context\": \"@current\", \"local_address\": \"127.0.0.1\", \"target\": \"\", \"alias\": null")]
    [InlineData("\"id\": 7, \"domain_enabled\": \"true\", \"http_logs_max_file_size\": 10485760, \"ingress_annotations\": \"{}\"")]
    public void Read_OfWhatTheDesktopAppWrites_IsTheSameForward(string keys)
    {
        var plain = Documents.ReadOne("""[{"service": "a", "remote_port": 80}]""");

        Assert.Equal(plain, Documents.ReadOne($$"""[{"service": "a", "remote_port": "80", {{keys}}}]"""));
    }

    [Theory]
    [InlineData("localhost", "localhost", false)]
    [InlineData("0:0:0:0:0:0:0:1", "::1", false)]
    [InlineData("0.0.0.0", "0.0.0.0", true)]
    public void Read_OfALocalAddress_KnowsWhoCanReachIt(string text, string address, bool isExposed)
    {
        var spec = Documents.ReadOne($$"""[{"service": "a", "remote_port": 80, "local_address": "{{text}}"}]""");

        Assert.Equal((address, isExposed), (spec.LocalAddress, spec.IsExposed));
    }

    [Fact]
    public void Read_OfDefaults_AppliesThemUnlessTheForwardSaysOtherwise()
    {
        var model = Documents.Read(Documents.User(
            """
            {"defaults": {"namespace": "shop", "context": "dev"},
             "forwards": [{"service": "a", "remote_port": 1}, {"service": "b", "remote_port": 2, "namespace": "other", "context": "@current"}]}
            """));

        Assert.Equal([("shop", "dev"), ("other", null)], model.Forwards.Select(f => (f.Namespace, f.Context)));
    }

    [Fact]
    public void Read_WithSettings_AppliesThemBelowTheDefaults()
    {
        var request = Documents.Trusted(Documents.User("""{"defaults": {"context": "dev"}, "forwards": [{"service": "a", "remote_port": 1}]}""")) with
        {
            Settings = new()
            {
                Kubeconfig = ["/k/1", "/k/2"],
                DefaultContext = "ignored",
                DefaultNamespace = "shop",
                LocalAddress = "127.0.0.9",
                HoldSeconds = 5,
                ReconnectMaxDelaySeconds = 99999,
            },
        };

        var spec = Assert.Single(WorkspaceReader.Read(request, WorkspaceHost.None).Forwards);

        Assert.Equal(("dev", "shop", "/k/1:/k/2", "127.0.0.9"), (spec.Context, spec.Namespace, spec.Kubeconfig?.Replace(';', ':'), spec.LocalAddress));
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)), (spec.HoldTimeout, spec.ReconnectMaxDelay));
    }

    [Fact]
    public void Read_OfARelativeKubeconfig_StartsAtTheWorkspaceFolder()
    {
        var model = Documents.Read(Documents.Shared("""[{"service": "a", "remote_port": 1, "kubeconfig": "../dev.yaml"}]"""));

        Assert.Equal(Path.GetFullPath("/work/dev.yaml"), model.Forwards[0].Kubeconfig);
    }

    [Fact]
    public void Read_OfAForwardThatWantsItsOwnAddress_GivesTheSameOneEachTime()
    {
        const string text =
            """[{"alias": "a", "service": "a", "remote_port": 1, "local_port": 80, "auto_loopback_address": true}, {"alias": "b", "service": "b", "remote_port": 1, "local_port": 80, "auto_loopback_address": true}]""";

        string[] addresses = [.. Documents.Read(Documents.User(text)).Forwards.Select(f => f.LocalAddress)];

        Assert.All(addresses, a => Assert.Matches(@"^127\.0\.0\.\d+$", a));
        Assert.Equal(2, addresses.Distinct().Count());
        Assert.Equal(addresses, Documents.Read(Documents.User(text)).Forwards.Select(f => f.LocalAddress));
    }

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app = web , tier!=cache,!legacy,track in (stable, canary),env notin (dev),example.com/x==1,cpu>2", true)]
    [InlineData("app=", true)]
    [InlineData("app=web,", false)]
    [InlineData("app=we b", false)]
    [InlineData("app in web", false)]
    [InlineData("app in (a", false)]
    [InlineData("-app=web", false)]
    [InlineData("a=b)c", false)]
    public void LabelSelector_IsValid_AsForKubectl(string selector, bool valid) =>
        Assert.Equal(valid, LabelSelector.IsValid(selector));
}
