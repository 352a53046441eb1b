using System.Net;
using System.Text.RegularExpressions;

namespace Kftray.Benchmarks.Harness;

/// <summary>A delaying proxy in front of the API server, and a copy of the kubeconfig that leads through it.</summary>
internal sealed partial class Link : IAsyncDisposable
{
    private readonly DelayProxy _proxy;

    public Link(string kubeconfig, TimeSpan roundTrip)
    {
        var text = File.ReadAllText(kubeconfig);
        var server = Server().Match(text);
        if (!server.Success)
            throw new InvalidOperationException("Only an API server at 127.0.0.1 can be put behind the delaying proxy.");
        _proxy = new DelayProxy(IPEndPoint.Parse($"127.0.0.1:{server.Groups[1].Value}"), roundTrip);
        Kubeconfig = Path.Combine(Directory.CreateTempSubdirectory("kftray-bench").FullName, "kubeconfig");
        File.WriteAllText(Kubeconfig, text.Replace(server.Value, $"https://127.0.0.1:{_proxy.Port}", StringComparison.Ordinal));
    }

    public string Kubeconfig { get; }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [GeneratedRegex(@"https://127\.0\.0\.1:(\d+)")]
    private static partial Regex Server();
}
