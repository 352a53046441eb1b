using System.Text.Json;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes.Examination;

/// <summary>Pods as API servers send them, and what is told of them.</summary>
public sealed class PodStoryTests
{
    [Theory]
    [InlineData(
        """{"conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available: 3 Insufficient memory."}]}""",
        "no node takes it: 0/3 nodes are available: 3 Insufficient memory.")]
    [InlineData(
        """{"containerStatuses":[{"name":"main","state":{"waiting":{"reason":"ImagePullBackOff","message":"Back-off pulling image \"x\""}}}]}""",
        "container main: ImagePullBackOff: Back-off pulling image \"x\"")]
    [InlineData(
        """{"containerStatuses":[{"name":"main","restartCount":7,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":137,"reason":"OOMKilled"}}}]}""",
        "container main: CrashLoopBackOff", "container main: it ended before with exit code 137 (OOMKilled); restarts: 7")]
    [InlineData(
        """{"containerStatuses":[{"name":"main","state":{"terminated":{"exitCode":1,"reason":"Error","message":"no DB_URL\n"}}}]}""",
        "container main: it has ended with exit code 1 (Error): no DB_URL")]
    [InlineData(
        """{"containerStatuses":[{"name":"main","started":true,"ready":false,"state":{"running":{}}}]}""",
        "container main: its readiness probe does not pass (GET /healthz on port 8080)")]
    [InlineData(
        """{"containerStatuses":[{"name":"main","started":false,"ready":false,"state":{"running":{}}}]}""",
        "container main: its startup probe does not pass (TCP connection to port 8080)")]
    [InlineData(
        """{"initContainerStatuses":[{"name":"wait","state":{"waiting":{"reason":"CreateContainerConfigError","message":"secret \"db\" not found"}}}]}""",
        "container wait: CreateContainerConfigError: secret \"db\" not found")]
    [InlineData(
        """{"conditions":[{"type":"www.example.com/gate","status":"False","reason":"NotYet"},{"type":"Ready","status":"False","reason":"ReadinessGatesNotReady"}]}""",
        "condition www.example.com/gate is False: NotYet")]
    [InlineData("""{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}""", "Evicted: The node was low on resource: memory.")]
    [InlineData("{}")]
    [InlineData("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"main","ready":true,"lastState":{"terminated":{"exitCode":1}}}]}""")]
    public void Read_OfAPodsStatus_TellsItsTroubles(string status, params string[] troubles) => Assert.Equal(troubles, Read(status).Troubles);

    [Fact]
    public void Read_OfARunningPod_NamesItsRuntime() =>
        Assert.Equal("cri-o", Read("""{"containerStatuses":[{"name":"main","containerID":"cri-o://abc"}]}""").Runtime);

    [Fact]
    public void Read_OfAPodThatGoes_SaysSo() =>
        Assert.Equal(["it is being deleted"], Read("""{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}""", ""","deletionTimestamp":"2026-01-01T00:00:00Z" """).Troubles);

    private static Kftray.Sidecar.Kubernetes.Examination.PodStory Read(string status, string more = "") => ResourceKinds.PodStories.Read(JsonDocument.Parse(
        $$$"""
        {"metadata":{"name":"web-0","namespace":"shop"{{{more}}} },"status":{{{status}}},"spec":{"containers":[{"name":"main",
         "readinessProbe":{"httpGet":{"path":"/healthz","port":8080} },"startupProbe":{"tcpSocket":{"port":8080} } }] } }
        """).RootElement);
}
