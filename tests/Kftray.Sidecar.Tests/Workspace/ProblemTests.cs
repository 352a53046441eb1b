using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class ProblemTests
{
    [Fact]
    public void Read_OfAFileWithManyMistakes_ReportsThemAllAndKeepsTheGoodForward()
    {
        var model = Documents.Read(Documents.Shared(
            """
            {
              "version": 1,
              "default": {},
              "defaults": { "service": "x", "hold_seconds": 4000 },
              "forwards": [
                { "alias": "good", "service": "web", "local_port": 8080, "remote_port": 80, "hold_seconds": 1 },
                { "alias": "bad", "service": "Web", "local_port": 80800, "remote_port": 0, "localAddress": "::1" },
                { "alias": 5, "workload_type": "services", "local_port": "8081", "protocol": true },
                { "workload_type": "pod", "target": "app in x", "remote_port": "not a port", "local_address": "web.local", "local_port": 1 },
                42
              ]
            }
            """));

        Assert.Equal(
            [
                "3:3 unknown-key Unknown key \"default\". Did you mean defaults?",
                "4:49 out-of-range hold_seconds must be from 0 to 3600 seconds.",
                "7:34 invalid-value service is not the name of a Service: at most 63 lower-case letters, digits and '-'.",
                "7:55 out-of-range local_port must be a whole number from 0 to 65535.",
                "7:77 out-of-range remote_port must be a whole number from 1 to 65535, or the name of a port.",
                "7:80 unknown-key Unknown key \"localAddress\". Did you mean local_address?",
                "8:16 wrong-type alias must be a string, not a number.",
                "8:36 unknown-value workload_type must be service, pod, proxy or expose. Did you mean service?",
                "8:62 wrong-type local_port must be a number, not a string.",
                "8:82 wrong-type protocol must be a string, not true.",
                "9:41 invalid-value target is not a label selector. Write it as for kubectl -l: app=web,tier!=cache.",
                "9:68 invalid-value remote_port is neither a number nor the name of a port (at most 15 lower-case letters, digits and '-').",
                "9:99 invalid-value local_address must be an IP address of this machine or localhost.",
                "10:5 wrong-type A forward is an object, not a number.",
            ],
            model.Problems.Texts());
        Assert.Equal(["good"], model.Forwards.Where(f => f.Blocked is null).Select(f => f.Alias));
        Assert.Equal(["bad"], model.Forwards.Where(f => f.Blocked is not null).Select(f => f.Alias));
        Assert.Contains(model.Problems, p => p is { Severity: ProblemSeverity.Hint, Code: ProblemCodes.UnusedKey, Range.StartLine: 3 });
    }

    [Theory]
    [InlineData("""{"remote_port": 80}""", "1:2 missing-key service is missing: the name of the Service.")]
    [InlineData("""{"service": "a"}""", "1:2 missing-key remote_port is missing: the port to forward to.")]
    [InlineData("""{"workload_type": "pod", "remote_port": 80}""", "1:2 missing-key A pod needs service (its name) or target (a label selector).")]
    [InlineData("""{"workload_type": "proxy", "remote_port": 80}""", "1:2 missing-key remote_address is missing: the host behind the cluster.")]
    [InlineData("""{"service": "a", "remote_port": 80, "namespace": "../x"}""", "1:51 invalid-value namespace is not the name of a namespace: at most 63 lower-case letters, digits and '-'.")]
    [InlineData("""{"service": "a", "remote_port": 80, "local_address": "127.1"}""", "1:55 invalid-value local_address must be an IP address of this machine or localhost.")]
    [InlineData("""{"service": "a", "remote_port": 80.5}""", "1:34 out-of-range remote_port must be a whole number from 1 to 65535, or the name of a port.")]
    [InlineData("""{"service": "a", "remote_port": 80, "remote_port": 81}""", "1:38 duplicate-key remote_port is set twice; the last one counts.")]
    [InlineData("""{"service": "a", "remote_port": 80, "context": "a\nb"}""", "1:49 invalid-value context must not hold line breaks or other control characters.")]
    [InlineData("""{"service": "a", "remote_port": 80, "relay": {"lables": {}}}""", "1:48 unknown-key Unknown key \"lables\". Did you mean labels?")]
    [InlineData("""{"service": "a", "remote_port": 80, "relay": {"labels": {"a": 1}}}""", "1:58 wrong-type labels must be an object of strings, not an object.")]
    public void Read_OfOneWrongForward_SaysWhatAndWhere(string forward, string expected) =>
        Assert.Equal([expected], Documents.Read(Documents.User($"[{forward}]")).Problems.Texts());

    [Theory]
    [InlineData("", "1:1 syntax The file is empty. For no forwards, write {\"forwards\": []}.")]
    [InlineData("{\n  \"forwards\": [\n    { \"service\": }\n  ]\n}", "3:18 syntax Not valid JSON: '}' is an invalid start of a value.")]
    [InlineData("true", "1:1 wrong-type A config is an object or an array, not true.")]
    [InlineData("""{"forwards": {}}""", "1:14 wrong-type forwards must be an array of forwards, not an object.")]
    [InlineData("""{"version": 2, "forwards": []}""", "1:13 unsupported-version This file has format version 2; up to 1 is understood. Update the extension.")]
    public void Read_OfADocumentThatIsNoConfig_IsOneProblem(string text, string expected)
    {
        var model = Documents.Read(Documents.Shared(text), Documents.User("""[{"service": "a", "remote_port": 80}]"""));

        Assert.Equal([expected], model.Problems.Texts());
        Assert.Equal([Documents.SharedUri], model.BrokenUris);
        Assert.Equal(["user/a"], model.Forwards.Select(f => f.Id));
    }

    [Fact]
    public void Read_OfADefaultThatIsWrongForSeveralForwards_IsOneProblem()
    {
        var model = Documents.Read(Documents.User(
            """{"defaults": {"namespace": "Shop"}, "forwards": [{"service": "a", "remote_port": 1}, {"service": "b", "remote_port": 1}]}"""));

        Assert.Equal(["1:28 invalid-value namespace is not the name of a namespace: at most 63 lower-case letters, digits and '-'."], model.Problems.Texts());
    }

    [Fact]
    public void Read_OfATeamFile_AdvisesOnPortsAndPaths()
    {
        var model = Documents.Read(Documents.Shared("""[{"service": "a", "remote_port": 1, "kubeconfig": "/home/me/.kube/config"}]"""));

        Assert.Equal([ProblemCodes.NoLocalPort, ProblemCodes.AbsoluteKubeconfig], model.Problems.Select(p => p.Code));
        Assert.Null(model.Forwards[0].Blocked);
    }

    [Fact]
    public void Line_OfAProblem_IsWhatTerminalsMakeALinkOf()
    {
        var problem = Documents.Read(Documents.Shared("{\n  \"forwards\": 1\n}")).Problems[0];

        Assert.Equal("/work/shop/.vscode/kftray.json:2:15: forwards must be an array of forwards, not a number.", ProblemFormat.Line(problem));
        Assert.StartsWith("a.json:2:15: ", ProblemFormat.Line(problem, "a.json"), StringComparison.Ordinal);
    }
}
