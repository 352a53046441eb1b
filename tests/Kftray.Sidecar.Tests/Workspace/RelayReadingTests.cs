using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class RelayReadingTests
{
    private const string Proxy = """ "workload_type": "proxy", "remote_address": "db", "remote_port": 5432 """;

    [Fact]
    public void Forward_ThatNeedsNoRelay_HasNone() =>
        Assert.Null(Read("""{"service": "a", "remote_port": 80, "relay": {"image": "x"}}""").Relay);

    [Fact]
    public void Forward_ThatSaysNothing_HasTheDefaults() => Assert.Equal(RelaySpec.Default, Read($$"""{ {{Proxy}} }""").Relay);

    [Fact]
    public void Keys_OfForwardDefaultsAndSettings_AreLaidOverEachOther()
    {
        using var settings = JsonDocument.Parse("""{"image": "settings", "namespace": "settings", "resources": {"limits": {"cpu": 1}}}""");
        var spec = Read(
            $$"""{"defaults": {"relay": {"image": "defaults", "namespace": "defaults"} }, "forwards": [{ {{Proxy}}, "relay": {"image": "forward"} }]}""",
            settings.RootElement).Relay;

        Assert.Equal(("forward", "defaults", """{"limits":{"cpu":1}}"""), (spec?.Image, spec?.Namespace, spec?.Resources));
    }

    [Fact]
    public void Everything_ThatMayBeSaid_IsRead()
    {
        var spec = Read($$$"""
            { {{{Proxy}}}, "relay": {
              "image": "i", "namespace": "n", "labels": {"b": "2", "a": "1"}, "annotations": {"c": "3"}, "tolerations": [{"operator": "Exists", "tolerationSeconds": 60}],
              "node_selector": {"d": "4"}, "image_pull_secrets": [{"name": "s"}], "resources": {"limits": {"memory": "1Gi"}}, "idle_exit_seconds": 60, "service": "relays"
            } }
            """).Relay;

        Assert.Equal(
            new RelaySpec
            {
                Image = "i", Namespace = "n", Labels = """{"a":"1","b":"2"}""", Annotations = """{"c":"3"}""",
                Tolerations = """[{"operator":"Exists","tolerationSeconds":60}]""", NodeSelector = """{"d":"4"}""", ImagePullSecrets = """[{"name":"s"}]""",
                Resources = """{"limits":{"memory":"1Gi"}}""", IdleExit = TimeSpan.FromMinutes(1), Service = "relays",
            },
            spec);
    }

    [Theory]
    [InlineData(""" "labels": {"a": 1} """, "labels must be an object of strings")]
    [InlineData(""" "namespace": "Not A Name" """, "namespace is not the name of a namespace")]
    [InlineData(""" "idle_exit_seconds": 1 """, "idle_exit_seconds must be a whole number from 10 to 86400")]
    public void Value_ThatIsWrong_IsAProblemOnce_AndStopsTheForward(string relay, string message)
    {
        var model = Documents.Read(Documents.User($$"""[{ {{Proxy}}, "relay": { {{relay}} } }]"""));

        Assert.Contains(message, Assert.Single(model.Problems).Message);
        Assert.Equal(FaultKind.InvalidConfig, Assert.Single(model.Forwards).Blocked?.Kind);
    }

    [Fact]
    public void Setting_ThatIsWrong_IsLeftOut()
    {
        using var settings = JsonDocument.Parse("""{"image": 7, "namespace": "relays"}""");
        var spec = Read($$"""{ {{Proxy}} }""", settings.RootElement).Relay;

        Assert.Equal(RelaySpec.Default with { Namespace = "relays" }, spec);
    }

    private static ForwardSpec Read(string text, JsonElement? settings = null)
    {
        var request = Documents.Trusted(Documents.User(text));
        request.Settings.Relay = settings;
        return Assert.Single(WorkspaceReader.Read(request, WorkspaceHost.None).Forwards);
    }
}
