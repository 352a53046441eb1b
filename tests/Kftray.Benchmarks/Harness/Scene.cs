using System.Net;
using System.Text.Json.Nodes;
using Kftray.Benchmarks.Forwarders;

namespace Kftray.Benchmarks.Harness;

/// <summary>A cluster with the applications that the rows talk to, and how to reach it.</summary>
/// <param name="Http">Serves <c>/</c> and, in the test cluster, <c>/bytes/N</c>.</param>
/// <param name="Iperf">An iperf3 server; null where there is none.</param>
/// <param name="Echo">Sends back what it gets; null where there is none.</param>
/// <param name="Direct">Where the applications of the three are reached without a forwarder; null in a real cluster.</param>
internal sealed record Scene(
    string Kubeconfig, string? Context, Route Http, Route? Iperf, Route? Echo, DirectAddresses? Direct, Background? TestCluster, IperfServer? IperfServer)
    : IAsyncDisposable
{
    private const string Namespace = "bench";

    private const string World = """
        {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"bench"}}
        """;

    /// <summary>The test cluster in a process of its own, with an iperf3 server beside it when there is iperf3.</summary>
    public static async Task<Scene> StartAsync(string testCluster, string kubectl, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("kftray-bench").FullName;
        var kubeconfig = Path.Combine(folder, "kubeconfig");
        var cluster = new Background(testCluster, ["serve", "--kubeconfig", kubeconfig, "--exit-with-stdin"], _ => true);
        IperfServer? iperf = null;
        try
        {
            await cluster.WaitUntilReadyAsync(cancellationToken);
            iperf = Tool.Exists("iperf3") ? new IperfServer() : null;

            string[] objects =
            [
                World, .. Application("http", "http", 8080, 80, leadsTo: null),
                .. Application("iperf", "http", 5201, 5201, iperf?.Address.ToString() ?? "127.0.0.1:1"), .. Application("echo", "tcp-echo", 7, 7, leadsTo: null),
            ];
            await CreateAsync(kubectl, kubeconfig, objects, cancellationToken);
            var pods = JsonNode.Parse((await KubectlAsync(kubectl, kubeconfig, cancellationToken, "-n", Namespace, "get", "pods", "-o", "json")).Output)!["items"]!.AsArray();
            return new Scene(
                kubeconfig, null, new Route(Namespace, "http", 80), iperf is null ? null : new Route(Namespace, "iperf", 5201), new Route(Namespace, "echo", 7),
                new DirectAddresses(AddressOf("http", 8080), iperf?.Address, AddressOf("echo", 7)), cluster, iperf);

            IPEndPoint AddressOf(string pod, int port) =>
                new(IPAddress.Parse(pods.First(item => item!["metadata"]!["name"]!.GetValue<string>() == pod)!["status"]!["podIP"]!.GetValue<string>()), port);
        }
        catch
        {
            await EndAsync(cluster, iperf);
            throw;
        }
    }

    /// <summary>Another pod with a Service in the test cluster, which leads to a server of this machine.</summary>
    public async Task<Route> AddAsync(string kubectl, string name, IPEndPoint leadsTo, CancellationToken cancellationToken)
    {
        await CreateAsync(kubectl, Kubeconfig, Application(name, "tcp-echo", leadsTo.Port, leadsTo.Port, leadsTo.ToString()), cancellationToken);
        return new Route(Namespace, name, leadsTo.Port);
    }

    public ValueTask DisposeAsync() => EndAsync(TestCluster, IperfServer);

    /// <summary>Creates objects, and waits until all pods are ready.</summary>
    private static async Task CreateAsync(string kubectl, string kubeconfig, string[] objects, CancellationToken cancellationToken)
    {
        var manifest = Path.GetTempFileName();
        await File.WriteAllTextAsync(manifest, $$"""{"apiVersion":"v1","kind":"List","items":[{{string.Join(",", objects)}}]}""", cancellationToken);
        await KubectlAsync(kubectl, kubeconfig, cancellationToken, "apply", "--validate=false", "-f", manifest);
        await KubectlAsync(kubectl, kubeconfig, cancellationToken, "-n", Namespace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=30s");
        File.Delete(manifest);
    }

    private static async Task<ToolResult> KubectlAsync(string kubectl, string kubeconfig, CancellationToken cancellationToken, params string[] arguments)
    {
        var result = await Tool.RunAsync(kubectl, ["--kubeconfig", kubeconfig, .. arguments], TimeSpan.FromSeconds(60), cancellationToken);
        return result.ExitCode == 0 ? result : throw new InvalidOperationException($"kubectl {string.Join(' ', arguments)}: {result.Errors}");
    }

    private static async ValueTask EndAsync(params IAsyncDisposable?[] owned)
    {
        foreach (var process in owned)
        {
            if (process is not null)
                await process.DisposeAsync();
        }
    }

    private static string[] Application(string name, string behaviour, int containerPort, int servicePort, string? leadsTo)
    {
        var annotation = leadsTo is null ? $"\"testcluster/behaviour\":\"{behaviour}\"" : $"\"testcluster/leads-to\":\"{leadsTo}\"";
        return
        [
            $$$"""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"bench","labels":{"app":"{{{name}}}"},"annotations":{{{{annotation}}}}},"spec":{"containers":[{"name":"app","image":"app","ports":[{"containerPort":{{{containerPort}}}}]}]}}""",
            $$$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"{{{name}}}","namespace":"bench"},"spec":{"selector":{"app":"{{{name}}}"},"ports":[{"port":{{{servicePort}}},"targetPort":{{{containerPort}}}}]}}""",
        ];
    }
}

/// <summary>The applications of the test cluster, without a forwarder.</summary>
internal sealed record DirectAddresses(IPEndPoint Http, IPEndPoint? Iperf, IPEndPoint Echo);
