using System.Net;
using System.Net.WebSockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.Tests.Fakes;
using Nerdbank.Streams;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class TransportChooserTests : TestBase
{
    private static readonly IPathWitness NoWitness = new ScriptedWitness();

    private readonly ScriptedServer _server = new();

    [Fact]
    public async Task Open_OnAnOrdinaryServer_UsesTheUpgradeAndAsksForNothingElse()
    {
        _server.OnPost = () => ScriptedServer.Upgraded();
        var chooser = Chooser();

        await using var stream = await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken);

        Assert.Equal("spdy", chooser.Chosen);
        var request = Assert.Single(_server.Requests);
        Assert.Equal("POST api/v1/namespaces/default/pods/web-0/portforward SPDY/3.1 1.1", request);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Forbidden)]
    [InlineData(HttpStatusCode.UpgradeRequired)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task Open_WhenTheUpgradeIsRefused_TriesTheOtherWaysAndFailsOnlyIfAllDo(HttpStatusCode status)
    {
        _server.OnPost = () => new HttpResponseMessage(status);
        _server.OnGet = () => new HttpResponseMessage(status);

        await Assert.ThrowsAsync<ForwardException>(() => Chooser().OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Open_WhenTheServerAsksForPatience_LeavesItAloneForAsLong()
    {
        var time = new FakeTime();
        _server.OnPost = () =>
        {
            var response = new HttpResponseMessage(HttpStatusCode.TooManyRequests);
            response.Headers.RetryAfter = new(TimeSpan.FromSeconds(7));
            return response;
        };
        var chooser = new TransportChooser(_server, time, Log.CreateLogger("test"));
        await Assert.ThrowsAsync<ForwardException>(() => chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        time.Advance(TimeSpan.FromSeconds(6));
        var spared = await Assert.ThrowsAsync<ForwardException>(() => chooser.OpenAsync("default", "web-1", NoWitness, TimeoutToken));

        Assert.Equal((FaultKind.Throttled, TimeSpan.FromSeconds(1)), (spared.Fault.Kind, spared.RetryAfter));
        Assert.Single(_server.Requests);
        time.Advance(TimeSpan.FromSeconds(1));
        _server.OnPost = () => ScriptedServer.Upgraded();
        await using var session = await chooser.OpenAsync("default", "web-1", NoWitness, TimeoutToken);
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Open_ForbiddenOnEveryWay_IsForbidden()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.Forbidden);
        _server.OnGet = () => new HttpResponseMessage(HttpStatusCode.Forbidden);

        var refused = await Assert.ThrowsAsync<ForwardException>(() => Chooser().OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        Assert.Equal(FaultKind.Forbidden, refused.Fault.Kind);
    }

    [Fact]
    public async Task Open_AfterTheUpgradeIsRefusedOnce_RemembersTheTunnel()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.Forbidden);
        _server.OnGet = TunnelAccepted;
        var chooser = Chooser();

        await using (await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken))
            Assert.Equal("websocket", chooser.Chosen);
        await using (await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken))
            Assert.Equal(["POST", "GET", "GET"], _server.Requests.Select(request => request.Split(' ')[0]));
    }

    [Fact]
    public async Task Open_WhenOnlyTheLegacyChannelsAreSpoken_UsesThemAndOpensNothingInTheApplication()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.BadGateway);
        _server.OnGet = () => _server.LastProtocol == "v4.channel.k8s.io" ? _server.Accepted("v4.channel.k8s.io") : new HttpResponseMessage(HttpStatusCode.BadRequest);
        var chooser = Chooser();

        await using (await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken))
            Assert.Equal("websocket-legacy", chooser.Chosen);

        Assert.EndsWith("/portforward?ports=1 websocket 1.1", _server.Requests[^1], StringComparison.Ordinal);
        Assert.Equal(3, _server.Requests.Count);
        await using (await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken))
            Assert.Equal(4, _server.Requests.Count);
    }

    [Fact]
    public async Task Open_WhenTheWayThatWorkedIsRefused_SpeaksOfThatOne()
    {
        _server.OnPost = () => ScriptedServer.Upgraded();
        var chooser = Chooser();
        await (await chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken)).DisposeAsync();
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.BadGateway);
        _server.OnGet = () => new HttpResponseMessage(HttpStatusCode.Forbidden);

        var refused = await Assert.ThrowsAsync<ForwardException>(() => chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        Assert.Equal(FaultKind.UpgradeRefused, refused.Fault.Kind);
    }

    [Fact]
    public async Task Open_AcceptedWithoutTheSubprotocol_IsARefusal()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.Forbidden);
        _server.OnGet = () => ScriptedServer.Upgraded();

        await Assert.ThrowsAsync<ForwardException>(() => Chooser().OpenAsync("default", "web-0", NoWitness, TimeoutToken));
    }

    [Fact]
    public async Task Open_ThatIsSwallowed_IsGivenUpAfterTenSecondsAndTriedTheOtherWay()
    {
        _server.HangPost = true;
        _server.OnGet = TunnelAccepted;
        var chooser = Chooser();
        var opening = chooser.OpenAsync("default", "web-0", NoWitness, TimeoutToken);

        await Time.Armed(TimeSpan.FromSeconds(10)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromSeconds(10));

        await using var stream = await opening.WaitAsync(TimeoutToken);
        Assert.Equal("websocket", chooser.Chosen);
    }

    [Fact]
    public async Task Open_WhenTheServerIsInTrouble_DoesNotAskASecondTime()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);

        await Assert.ThrowsAsync<ForwardException>(() => Chooser().OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Open_OfAPodThatIsGone_IsNotARefusalOfTheWay()
    {
        _server.OnPost = () => new HttpResponseMessage(HttpStatusCode.NotFound)
        {
            Content = new StringContent(
                """{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods \"web-0\" not found","reason":"NotFound","details":{"name":"web-0","kind":"pods"},"code":404}""",
                Encoding.UTF8,
                "application/json"),
        };

        var gone = await Assert.ThrowsAsync<ForwardException>(() => Chooser().OpenAsync("default", "web-0", NoWitness, TimeoutToken));

        Assert.Equal(FaultKind.PodGone, gone.Fault.Kind);
        Assert.Single(_server.Requests);
    }

    private TransportChooser Chooser() => new(_server, Time, Log);

    private HttpResponseMessage TunnelAccepted() => _server.Accepted("SPDY/3.1+portforward.k8s.io");
}

public sealed class WebSocketTunnelStreamTests : TestBase
{
    private readonly WebSocket _server;
    private readonly WebSocketTunnelStream _tunnel;

    public WebSocketTunnelStreamTests()
    {
        var (ours, theirs) = FullDuplexStream.CreatePair();
        _server = WebSocket.CreateFromStream(theirs, new WebSocketCreationOptions { IsServer = true });
        _tunnel = Own(new WebSocketTunnelStream(WebSocket.CreateFromStream(ours, new WebSocketCreationOptions { IsServer = false })));
    }

    [Fact]
    public async Task Read_AcrossEmptyFragmentsAndMessages_IsOneStream()
    {
        var buffer = new byte[100];
        await SendAsync("one ", end: false);
        await SendAsync("", end: true);
        await SendAsync("", end: true);
        await SendAsync("two", end: true);

        await _tunnel.ReadExactlyAsync(buffer.AsMemory(0, 7), TimeoutToken);

        Assert.Equal("one two", Encoding.UTF8.GetString(buffer, 0, 7));
    }

    [Fact]
    public async Task Read_WithAnEmptyBuffer_WaitsForBytesAndTakesNone()
    {
        var waiting = _tunnel.ReadAsync(Memory<byte>.Empty, TimeoutToken).AsTask();
        Assert.False(waiting.IsCompleted);

        await SendAsync("x", end: true);

        Assert.Equal(0, await waiting.WaitAsync(TimeoutToken));
        await _tunnel.ReadExactlyAsync(new byte[1], TimeoutToken);
    }

    [Fact]
    public async Task Read_OfATextMessage_BreaksTheStream()
    {
        await _server.SendAsync(new byte[] { 65 }, WebSocketMessageType.Text, true, TimeoutToken);

        await Assert.ThrowsAsync<IOException>(async () => await _tunnel.ReadExactlyAsync(new byte[10], TimeoutToken));
    }

    [Fact]
    public async Task Read_AfterAClose_IsTheEnd()
    {
        await _server.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        Assert.Equal(0, await _tunnel.ReadAsync(new byte[10], TimeoutToken));
        Assert.Equal(0, await _tunnel.ReadAsync(new byte[10], TimeoutToken));
    }

    [Fact]
    public async Task Read_WhenTheConnectionDrops_IsALostConnection()
    {
        _server.Abort();

        await Assert.ThrowsAnyAsync<IOException>(async () => await _tunnel.ReadExactlyAsync(new byte[10], TimeoutToken));
    }

    [Fact]
    public async Task Write_ArrivesAsBinary()
    {
        await _tunnel.WriteAsync(Encoding.UTF8.GetBytes("abc"), TimeoutToken);

        var buffer = new byte[10];
        var result = await _server.ReceiveAsync(buffer.AsMemory(), TimeoutToken);
        Assert.Equal((WebSocketMessageType.Binary, 3), (result.MessageType, result.Count));
    }

    private Task SendAsync(string text, bool end) =>
        _server.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Binary, end, TimeoutToken);
}
