using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class IdentityTests
{
    [Fact]
    public void Aliases_ThatAreAbsent_AreTheServiceMadeUnique()
    {
        var model = Documents.Read(Documents.User(
            """
            [
              {"service": "api", "remote_port": 80},
              {"service": "api", "remote_port": 8080},
              {"service": "api", "remote_port": 8080},
              {"service": "api", "remote_port": "http"},
              {"service": "web", "remote_port": 80},
              {"alias": "web", "service": "other", "remote_port": 80},
              {"workload_type": "pod", "target": "app=db", "remote_port": 80}
            ]
            """));

        Assert.Equal(["api", "api-8080", "api-8080-2", "api-http", "web-80", "web", "app=db"], model.Forwards.Select(f => f.Alias));
        Assert.Empty(model.Problems);
    }

    [Fact]
    public void Aliases_ThatAreWrittenTwice_AreAProblemAtBothPlacesAndTheFirstRuns()
    {
        var model = Documents.Read(Documents.User(
            """
            [{"alias": "a", "service": "x", "remote_port": 1},
             {"alias": "a", "service": "y", "remote_port": 1}]
            """));

        Assert.Equal(["1:12 duplicate-alias The alias a is used again in line 2.", "2:12 duplicate-alias The alias a is already used in line 1."], model.Problems.Texts());
        Assert.Equal(["x"], model.Forwards.Select(f => f.Service));
    }

    [Fact]
    public void Aliases_OfUserAndSession_ShareOneSource()
    {
        var model = Documents.Read(
            Documents.User("""[{"alias": "a", "service": "x", "remote_port": 1}]"""),
            Documents.Session("""[{"alias": "a", "service": "y", "remote_port": 1}, {"service": "a", "remote_port": 1}]"""));

        Assert.Equal(
            ["1:12 duplicate-alias The alias a is used again in line 1 of kftray-session:/forwards.json.", "1:12 duplicate-alias The alias a is already used in line 1 of /home/me/forwards.json."],
            model.Problems.Texts());
        Assert.Equal(["user/a", "user/a-1"], model.Forwards.Select(f => f.Id));
    }

    [Theory]
    [InlineData("shop", "web", "shop/web")]
    [InlineData("shop", "web/a", "shop/web/a")]
    [InlineData("shop/web", "a", "shop%2Fweb/a")]
    [InlineData("shop%2Fweb", "a", "shop%252Fweb/a")]
    public void Id_OfSourceAndAlias_IsUnambiguous(string source, string alias, string id) => Assert.Equal(id, ForwardId.Of(source, alias));

    [Fact]
    public void LocalPorts_WantedTwice_AreAProblemOfTheLaterForward()
    {
        var model = Documents.Read(Documents.User(
            """
            [{"alias": "a", "service": "x", "remote_port": 1, "local_port": 80},
             {"alias": "b", "service": "x", "remote_port": 1, "local_port": 80, "local_address": "127.0.0.2"},
             {"alias": "c", "service": "x", "remote_port": 1, "local_port": 80, "local_address": "localhost"}]
            """));

        Assert.Equal(["3:65 duplicate-local-port Local port 80 of localhost is already used by a (line 1)."], model.Problems.Texts());
        Assert.Equal([null, null, FaultKind.InvalidConfig], model.Forwards.Select(f => f.Blocked?.Kind));
    }

    [Fact]
    public void LocalDocument_ChangesTheSharedForwardOfTheSameAlias()
    {
        var model = Documents.Read(
            Documents.Local(
                """
                {"defaults": {"context": "mine", "namespace": "mine"},
                 "forwards": [{"alias": "web", "local_port": 9000}, {"service": "own", "remote_port": 1}]}
                """),
            Documents.Shared(
                """
                {"defaults": {"context": "team"},
                 "forwards": [{"alias": "web", "service": "web", "local_port": 80, "remote_port": 80, "namespace": "shop"}]}
                """));

        Assert.Empty(model.Problems.Texts());
        Assert.Equal(
            [("shop/web", "web", 9000, "mine", "shop"), ("shop/own", "own", 0, "mine", "mine")],
            model.Forwards.Select(f => (f.Id, f.Service, f.LocalPort, f.Context, f.Namespace)));
        Assert.Equal([Documents.SharedUri, Documents.Local("").Uri, Documents.Local("").Uri], model.Ranges.Select(r => r.Uri));
        Assert.Equal(new TextRange(1, 14, 1, 50), model.Ranges[1].Range);
    }
}
