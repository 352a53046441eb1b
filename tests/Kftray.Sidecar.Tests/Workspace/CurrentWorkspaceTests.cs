using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class CurrentWorkspaceTests
{
    private readonly CurrentWorkspace _workspace = new(WorkspaceHost.None);

    private WorkspaceModel Apply(string text) => _workspace.Apply(Documents.Trusted(Documents.Shared(text)));

    [Fact]
    public void Apply_OfABrokenDocument_KeepsItsLastGoodForwards()
    {
        var good = Apply("""[{"service": "a", "remote_port": 80, "local_port": 1}]""");

        var broken = Apply("""[{"service": "a", "remote_port": """);
        var stillBroken = Apply("");

        Assert.Equal(good.Forwards, broken.Forwards);
        Assert.Equal(good.Forwards, stillBroken.Forwards);
        Assert.Equal(ProblemCodes.Syntax, Assert.Single(broken.Problems).Code);
    }

    [Fact]
    public void Apply_OfABrokenDocument_SaysNothingAboutItsEarlierText()
    {
        Apply("""[{"service": "a", "remote_port": 80, "foo": 1}]""");

        Assert.Equal([ProblemCodes.Syntax], Apply("{").Problems.Select(p => p.Code));
    }

    [Fact]
    public void Apply_OfABrokenForward_KeepsItsLastGoodSelfAndTakesTheOthers()
    {
        Apply("""[{"alias": "a", "service": "a", "remote_port": 80, "local_port": 1}, {"alias": "b", "service": "b", "remote_port": 80, "local_port": 2}]""");

        var model = Apply(
            """
            [{"alias": "b", "service": "b", "remote_port": 81, "local_port": 2},
             {"alias": "a", "service": "a", "remote_port": 80, "local_port": 100000}]
            """);

        Assert.Equal([("b", "81", 2, 0), ("a", "80", 1, 1)], model.Forwards.Select(f => (f.Alias, f.RemotePort.ToString(), f.LocalPort, f.Line)));
        Assert.All(model.Forwards, f => Assert.Null(f.Blocked));
        Assert.Equal([ProblemCodes.OutOfRange], model.Problems.Select(p => p.Code));
    }

    [Fact]
    public void Apply_OfABrokenForwardWithoutTrust_DoesNotRunItsLastGoodSelf()
    {
        Apply("""[{"service": "a", "remote_port": 80, "local_port": 1}]""");

        var model = _workspace.Apply(
            Documents.Trusted(Documents.Shared("""[{"service": "a", "remote_port": -1, "local_port": 1}]""")) with { Trusted = false });

        Assert.Equal(FaultKind.UntrustedWorkspace, Assert.Single(model.Forwards).Blocked?.Kind);
    }

    [Fact]
    public void Apply_WithoutTheDocument_ForgetsItsForwards()
    {
        Apply("""[{"service": "a", "remote_port": 80, "local_port": 1}]""");

        Assert.Empty(_workspace.Apply(Documents.Trusted()).Forwards);
        Assert.Empty(Apply("{").Forwards);
    }

    [Fact]
    public void Apply_OfABrokenForwardThatNeverWorked_BlocksItWithItsError()
    {
        var model = Apply("""[{"service": "a", "remote_port": 80, "local_port": 100000}]""");

        var fault = Assert.Single(model.Forwards).Blocked;
        Assert.Equal((FaultKind.InvalidConfig, "local_port must be a whole number from 0 to 65535."), (fault!.Kind, fault.Message));
    }
}
