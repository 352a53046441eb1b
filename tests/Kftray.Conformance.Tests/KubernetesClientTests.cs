using System.Text;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Kftray.Testing;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>The second judge: the .NET client of Kubernetes, whole and unmodified.</summary>
public sealed class KubernetesClientTests : TestBase
{
    [Fact]
    public async Task CreateListAndDelete_RoundTrip()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(cluster);
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { GenerateName = "job-", Labels = new Dictionary<string, string> { ["app"] = "job" } },
            Spec = new V1PodSpec { Containers = [new V1Container { Name = "main", Image = "behaviour/http", Ports = [new V1ContainerPort { ContainerPort = 8080 }] }] },
        };

        var created = await client.CoreV1.CreateNamespacedPodAsync(pod, "shop", cancellationToken: TimeoutToken);
        await cluster.Pods.WaitReadyByNameAsync("shop", created.Name(), TimeoutToken);
        var listed = Assert.Single((await client.CoreV1.ListNamespacedPodAsync("shop", labelSelector: "app=job", cancellationToken: TimeoutToken)).Items);
        await client.CoreV1.DeleteNamespacedPodAsync(created.Name(), "shop", gracePeriodSeconds: 0, cancellationToken: TimeoutToken);

        Assert.StartsWith("job-", created.Name());
        Assert.Equal(created.Uid(), listed.Uid());
        Assert.Equal("Running", listed.Status.Phase);
        Assert.Contains(listed.Status.Conditions, condition => condition is { Type: "Ready", Status: "True" });
        var missing = await Assert.ThrowsAsync<HttpOperationException>(() => client.CoreV1.ReadNamespacedPodAsync(created.Name(), "shop", cancellationToken: TimeoutToken));
        Assert.Contains("\"reason\":\"NotFound\"", missing.Response.Content);
    }

    [Fact]
    public async Task Watch_SeesAPodsLifeInOrder()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(cluster);
        var seen = new List<string>();
        var start = (await client.CoreV1.ListNamespacedPodAsync("shop", cancellationToken: TimeoutToken)).Metadata.ResourceVersion;
        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));

        await foreach (var (type, pod) in client.CoreV1.WatchListNamespacedPodAsync("shop", resourceVersion: start, cancellationToken: TimeoutToken))
        {
            var isReady = pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;
            var state = $"{type} {pod.Status.Phase}{(isReady ? " ready" : "")}{(pod.DeletionTimestamp() is null ? "" : " terminating")}";
            if (seen.LastOrDefault() != state) seen.Add(state);
            if (isReady && pod.DeletionTimestamp() is null) cluster.Pods.Delete("shop", "db");
            if (type == WatchEventType.Deleted) break;
        }

        Assert.Equal(
            ["Added Pending", "Modified Pending", "Modified Running", "Modified Running ready", "Modified Running ready terminating", "Deleted Running ready terminating"],
            seen);
    }

    [Fact]
    public async Task Watch_FromAForgottenRevision_IsGone()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(cluster);
        cluster.World.AddPod("shop", "db", new PodSpec("db", "http", 5432));
        await cluster.Pods.WaitReadyByNameAsync("shop", "db", TimeoutToken);
        cluster.CompactHistory();

        var gone = await Assert.ThrowsAsync<HttpOperationException>(async () =>
        {
            await foreach (var _ in client.CoreV1.WatchListNamespacedPodAsync("shop", resourceVersion: "2", cancellationToken: TimeoutToken))
            {
            }
        });

        Assert.Equal(System.Net.HttpStatusCode.Gone, gone.Response.StatusCode);
    }

    [Fact]
    public async Task PortForward_OverTheLegacyChannels_CarriesBytes()
    {
        await using var cluster = await StartClusterAsync();
        using var client = Connect(cluster);
        cluster.World.AddPod("shop", "app", new PodSpec("app", "tcp-echo", 8080));
        await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);

        using var socket = await client.WebSocketNamespacedPodPortForwardAsync("app", "shop", [8080], "v4.channel.k8s.io", cancellationToken: TimeoutToken);
        using var channels = new StreamDemuxer(socket, StreamType.PortForward);
        channels.Start();
        await using var stream = channels.GetStream((byte?)0, (byte?)0);
        stream.Write(Encoding.ASCII.GetBytes("hello"));
        var buffer = new byte[5];
        await stream.ReadExactlyAsync(buffer, TimeoutToken);

        Assert.Equal("hello", Encoding.ASCII.GetString(buffer));
        Assert.Equal("channels", Assert.Single(cluster.Sessions.Open).Transport);
    }

    private Kubernetes Connect(TestCluster cluster)
    {
        var kubeconfig = Path.Combine(Folder, "client.kubeconfig");
        cluster.WriteKubeconfig(kubeconfig, @namespace: "shop");
        return new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
    }
}
