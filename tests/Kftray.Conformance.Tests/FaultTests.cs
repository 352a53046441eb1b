using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Kftray.Testing;
using Kftray.Testing.Faults;
using Kftray.Testing.World;

namespace Kftray.Conformance.Tests;

/// <summary>What a test can break, and that it is whole again afterwards.</summary>
public sealed class FaultTests : TestBase
{
    private const string Pods = "/api/v1/namespaces/shop/pods";

    [Fact]
    public async Task Status_ForAVerbAndResource_IsAnsweredSoManyTimes()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        cluster.Faults.Add(new RequestFault(FaultAction.Status) { Verb = "list", Resource = "pods", Code = 503, RetryAfterSeconds = 7, Times = 1 });

        using var broken = await http.GetAsync(Pods, TimeoutToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, broken.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), broken.Headers.RetryAfter!.Delta);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/api/v1/namespaces/shop/services", TimeoutToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(Pods, TimeoutToken)).StatusCode);
        Assert.Equal(2, cluster.Requests.Count(request => request is { User: "admin", Verb: "list", Resource: "pods", Namespace: "shop" }));
    }

    [Fact]
    public async Task Break_WhenDisposed_IsHealed()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using (cluster.Break(new RequestFault(FaultAction.Status) { Code = 500 })) Assert.Equal(500, (int)(await http.GetAsync(Pods, TimeoutToken)).StatusCode);
        Assert.Equal(200, (int)(await http.GetAsync(Pods, TimeoutToken)).StatusCode);
    }

    [Theory]
    [InlineData(FaultAction.Reset)]
    [InlineData(FaultAction.Drop)]
    public async Task Connection_ThatAFaultEnds_FailsTheRequest(FaultAction action)
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using (cluster.Break(new RequestFault(action))) await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(Pods, TimeoutToken));
        Assert.Equal(200, (int)(await http.GetAsync(Pods, TimeoutToken)).StatusCode);
    }

    [Fact]
    public async Task RefusedConnections_AreResetAtOnce_WhileOpenOnesGoOn()
    {
        await using var cluster = await StartClusterAsync();
        using var open = Connect(cluster);
        using var late = Connect(cluster);
        await open.GetAsync(Pods, TimeoutToken);
        cluster.Faults.RefusesConnections = true;

        // A reset that comes between connecting and the handshake is not wrapped by HttpClient.
        Assert.True(await Record.ExceptionAsync(() => late.GetAsync(Pods, TimeoutToken)) is HttpRequestException or SocketException);
        Assert.Equal(200, (int)(await open.GetAsync(Pods, TimeoutToken)).StatusCode);
    }

    [Fact]
    public async Task Watch_ThatIsSilent_TellsEverythingWhenItIsHealed()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using var watch = await WatchAsync(http);
        var told = watch.ReadLineAsync(TimeoutToken).AsTask();
        using (cluster.Break(new RequestFault(FaultAction.Silence) { Verb = "watch", Resource = "pods" }))
        {
            cluster.World.AddPod("shop", "one", new PodSpec("one", "silent", 8080));
            await cluster.Pods.WaitReadyByNameAsync("shop", "one", TimeoutToken);
            Assert.Equal(200, (int)(await http.GetAsync(Pods, TimeoutToken)).StatusCode);
            Assert.False(told.IsCompleted);
        }

        Assert.Contains("\"ADDED\"", await told);
    }

    [Fact]
    public async Task Watch_ThatLags_TellsLate()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using var watch = await WatchAsync(http);
        using var lag = cluster.Break(new RequestFault(FaultAction.Lag) { Verb = "watch", DelayMilliseconds = 300 });

        var added = TimeProvider.System.GetTimestamp();
        cluster.World.AddPod("shop", "one", new PodSpec("one", "silent", 8080));
        Assert.Contains("\"ADDED\"", await watch.ReadLineAsync(TimeoutToken));

        Assert.True(TimeProvider.System.GetElapsedTime(added) >= TimeSpan.FromMilliseconds(295));
    }

    [Fact]
    public async Task Watch_ThatExpires_EndsWithAnEventThatSaysSo()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using var watch = await WatchAsync(http);

        cluster.Faults.Add(new RequestFault(FaultAction.Expire) { Verb = "watch", Times = 1 });

        var last = await watch.ReadToEndAsync(TimeoutToken);
        Assert.Contains("\"ERROR\"", last);
        Assert.Contains("\"code\":410", last);
        using var next = await WatchAsync(http);
        cluster.World.AddPod("shop", "one", new PodSpec("one", "silent", 8080));
        Assert.Contains("\"ADDED\"", await next.ReadLineAsync(TimeoutToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FrozenConnections_StayOpenAndGoOnWhenTheyAreThawed(bool isNew)
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        if (!isNew) await http.GetAsync(Pods, TimeoutToken);
        cluster.Connections.Freeze();

        var asked = http.GetAsync(Pods, TimeoutToken);
        await cluster.Connections.WaitAsync(connections => connections.Count > 0, TimeoutToken);
        Assert.False(asked.IsCompleted);
        cluster.Connections.Thaw();

        Assert.Equal(200, (int)(await asked).StatusCode);
        Assert.Equal(isNew ? 1 : 2, cluster.Requests.Count(request => request.Resource == "pods"));
    }

    [Fact]
    public async Task FrozenConnection_ThatItsClientLeaves_LosesWhatWasOnItsWay()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        using var leaving = new CancellationTokenSource();
        cluster.Connections.Freeze();
        var asked = http.GetAsync(Pods, leaving.Token);
        await cluster.Connections.WaitAsync(connections => connections.Count > 0, TimeoutToken);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        await cluster.Connections.WaitAsync(connections => connections.Count == 0, TimeoutToken);
        cluster.Connections.Thaw();

        Assert.Empty(cluster.Requests.All);
    }

    [Fact]
    public async Task Server_WhenItIsStoppedAndStarted_RefusesAndThenHasTheSameAddress()
    {
        await using var cluster = await StartClusterAsync();
        using var http = Connect(cluster);
        cluster.World.AddPod("shop", "app", new PodSpec("app", "silent", 8080));
        await cluster.Pods.WaitReadyByNameAsync("shop", "app", TimeoutToken);
        await using var session = await RawSpdyClient.ConnectAsync(cluster, "app", TimeoutToken);
        using var watch = await http.GetAsync(Pods + "?watch=1", HttpCompletionOption.ResponseHeadersRead, TimeoutToken);

        await cluster.StopServerAsync();

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(Pods, TimeoutToken));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(refused.InnerException).SocketErrorCode);
        await Assert.ThrowsAnyAsync<IOException>(() => session.ReadAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => watch.Content.ReadAsStringAsync(TimeoutToken));
        await cluster.StartServerAsync(TimeoutToken);
        Assert.Equal(200, (int)(await http.GetAsync(Pods, TimeoutToken)).StatusCode);
    }

    [Fact]
    public async Task Cluster_StartsQuickly_AndManyLiveSideBySide()
    {
        await using (await TestCluster.StartAsync(cancellationToken: TimeoutToken))
        {
        }

        var started = TimeProvider.System.GetTimestamp();
        var clusters = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => TestCluster.StartAsync(cancellationToken: TimeoutToken)));
        var each = TimeProvider.System.GetElapsedTime(started) / clusters.Length;
        foreach (var cluster in clusters) await cluster.DisposeAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"{each.TotalMilliseconds:0} ms each");
        Assert.Equal(clusters.Length, clusters.Select(cluster => cluster.Server.Port).Distinct().Count());
        Assert.True(each < TimeSpan.FromSeconds(2), $"{each} to start a cluster");
    }

    /// <summary>A watch from now on, line by line.</summary>
    private async Task<StreamReader> WatchAsync(HttpClient http)
    {
        var response = await http.GetAsync(Pods + "?watch=1&sendInitialEvents=false", HttpCompletionOption.ResponseHeadersRead, TimeoutToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new StreamReader(await response.Content.ReadAsStreamAsync(TimeoutToken));
    }

    private static HttpClient Connect(TestCluster cluster)
    {
        var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // The certificate is another test's concern.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpClient(handler)
        {
            BaseAddress = cluster.Server,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", cluster.Users["admin"].Token) },
        };
    }
}
