using System.Net;
using System.Net.WebSockets;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Channels;
using Kftray.Sidecar.Tests.Fakes;
using Nerdbank.Streams;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>The legacy way; the test is the kubelet.</summary>
public sealed class ChannelsTests : TestBase
{
    private const string Subprotocol = "v4.channel.k8s.io";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(4);

    private readonly ScriptedServer _server = new();
    private readonly ChannelsTransport _transport;
    private WebSocket? _kubelet;

    public ChannelsTests()
    {
        _transport = new ChannelsTransport(_server, Time, Log);
        _server.OnGet = Answer;
    }

    [Fact]
    public async Task Data_OfThePod_ArrivesWithoutThePortAndInOrder()
    {
        var stream = await OpenAsync();

        await SendAsync(0, "one ");
        await SendAsync(0, "two");
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        Assert.Equal("one two", await ReadToEndAsync(stream));
        Assert.Null(stream.Failure);
    }

    [Fact]
    public async Task Data_InManyFragments_IsTheSame()
    {
        var stream = await OpenAsync(sendPorts: false);
        byte[] message = [0, 0x90, 0x1F, .. "split everywhere"u8];
        for (var i = 0; i < message.Length; i++)
        {
            await _kubelet!.SendAsync(message.AsMemory(i, 1), WebSocketMessageType.Binary, endOfMessage: false, TimeoutToken);
            await _kubelet!.SendAsync(ReadOnlyMemory<byte>.Empty, WebSocketMessageType.Binary, endOfMessage: i == message.Length - 1, TimeoutToken);
        }

        await SendAsync(0, ", and on");
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        Assert.Equal("split everywhere, and on", await ReadToEndAsync(stream));
    }

    [Fact]
    public async Task Data_OfTheClient_LeavesInOneMessageForEachWriteUpToItsLimit()
    {
        var stream = await OpenAsync("first");
        Assert.Equal("\0first", await ReceiveAsync());

        await stream.WriteAsync(Encoding.UTF8.GetBytes("second"));
        Assert.Equal("\0second", await ReceiveAsync());

        var writing = stream.WriteAsync(new byte[100_000]).AsTask();
        Assert.Equal(65_537, (await ReceiveAsync()).Length);
        Assert.Equal(34_465, (await ReceiveAsync()).Length);
        await writing;
    }

    [Fact]
    public async Task Sentence_OfTheKubelet_SaysWhyAndThatTheApplicationGotNothing()
    {
        var stream = await OpenAsync("GET /");

        await SendAsync(1, "failed to connect to localhost:8080 inside namespace: connection refused");
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        await Assert.ThrowsAsync<EndOfConnectionException>(() => ReadToEndAsync(stream));
        Assert.Equal(FaultKind.ConnectionRefused, stream.Failure!.Fault.Kind);
        Assert.True(stream.Failure.ApplicationGotNothing);
    }

    [Fact]
    public async Task Reset_OfTheApplication_ComesAfterWhatItHadSaid()
    {
        var stream = await OpenAsync();

        await SendAsync(0, "last words");
        await SendAsync(1, "read: connection reset by peer");
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        Assert.Equal("last words", Encoding.UTF8.GetString((await stream.ReadAsync(TimeoutToken)).Span));
        await Assert.ThrowsAsync<EndOfConnectionException>(() => ReadToEndAsync(stream));
        Assert.False(stream.Failure!.ApplicationGotNothing);
    }

    [Fact]
    public async Task Connection_ThatBreaks_IsNoOrdinaryEnd()
    {
        var stream = await OpenAsync();
        await SendAsync(0, "half a re");
        _kubelet!.Abort();

        await Assert.ThrowsAsync<EndOfConnectionException>(() => ReadToEndAsync(stream));
        Assert.Equal(FaultKind.ConnectionLost, stream.Failure!.Fault.Kind);
    }

    [Fact]
    public async Task HalfClose_CannotBeSaid_LeavesTheReplyAloneAndIsLoggedOnce()
    {
        var (one, two) = (await OpenAsync(), await OpenAsync());
        await one.CompleteWritesAsync();
        await two.CompleteWritesAsync();
        Time.Advance(TimeSpan.FromMinutes(30));

        await SendAsync(0, "the reply");
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);

        Assert.Equal("the reply", await ReadToEndAsync(two));
        Assert.Single(Log.Lines, line => line.Text.Contains("sent everything", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Writes_AfterThePodsEnd_AreLostAsOnAnyConnection()
    {
        var stream = await OpenAsync();
        await _kubelet!.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TimeoutToken);
        Assert.Equal("", await ReadToEndAsync(stream));

        await stream.WriteAsync(new byte[1000]);

        Assert.Null(stream.Failure);
    }

    [Fact]
    public async Task Abort_EndsAReadThatWaits()
    {
        var stream = await OpenAsync();
        var reading = stream.ReadAsync(TimeoutToken).AsTask();

        stream.Abort();

        await Assert.ThrowsAsync<EndOfConnectionException>(() => reading.WaitAsync(TimeoutToken));
        Assert.Null(stream.Failure);
    }

    [Fact]
    public async Task Refusal_OfAConnection_EndsTheSessionSoThatAnotherWayIsLookedFor()
    {
        var session = await SessionAsync();
        _server.OnGet = () => new HttpResponseMessage(HttpStatusCode.Forbidden);

        await Assert.ThrowsAsync<ForwardException>(async () => await session.OpenAsync(8080, default, Grace, TimeoutToken));

        Assert.False(session.IsUsable);
        await session.Ended.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Connection_ThatNobodyAnswers_IsGivenUpAfterTenSeconds()
    {
        var session = await SessionAsync();
        _server.OnGet = () => null;
        var opening = session.OpenAsync(8080, default, Grace, TimeoutToken).AsTask();

        await Time.Armed(TimeSpan.FromSeconds(10)).WaitAsync(TimeoutToken);
        Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(FaultKind.UpgradeRefused, (await Assert.ThrowsAsync<ForwardException>(() => opening)).Fault.Kind);
        Assert.False(session.IsUsable);
    }

    [Fact]
    public async Task Node_ThatMayNotBeAskedWithTheseCredentials_IsNotOutOfReach()
    {
        var session = await SessionAsync();
        var stream = await OpenAsync("waits for an answer", session);
        _server.OnGet = () => throw new ForwardException(new Fault(FaultKind.CredentialsUnavailable, "Signed out."));

        await PassAsync(seconds: 60, session);

        Assert.True(session.IsUsable);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Node_OutOfReach_EndsTheSessionAndItsConnections()
    {
        var session = await SessionAsync();
        var stream = await OpenAsync("waits for an answer", session);
        _server.OnGet = () => null;

        await PassAsync(seconds: 13, session);

        await session.Ended.WaitAsync(TimeoutToken);
        Assert.True(stream.Lost.IsCancellationRequested);
        await Assert.ThrowsAsync<EndOfConnectionException>(() => ReadToEndAsync(stream));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Node_OutOfReachForAMoment_EndsNothing()
    {
        var session = await SessionAsync();
        var stream = await OpenAsync("waits for an answer", session);
        var troubles = 3;
        _server.OnGet = () => new HttpResponseMessage(troubles-- > 0 ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.BadRequest);

        await PassAsync(seconds: 60, session);

        Assert.True(session.IsUsable);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Node_OfASessionThatIsIdle_IsAskedEveryHalfMinute()
    {
        var session = await SessionAsync();
        var before = _server.Requests.Count;

        await PassAsync(seconds: 5 * 60, session);

        Assert.InRange(_server.Requests.Count - before, 8, 10);
        Assert.DoesNotContain(_server.Requests.Skip(before), request => request.Contains("ports", StringComparison.Ordinal));
    }

    // One second after the other; whatever the session waits for, it waits no longer than a tick.
    private async Task PassAsync(int seconds, IPodSession session)
    {
        for (var i = 0; i < seconds && session.IsUsable; i++)
        {
            await Task.WhenAny(Time.Armed(due => due <= Tick + Tick), session.Ended).WaitAsync(TimeoutToken);
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private HttpResponseMessage Answer()
    {
        // Without a port there is nothing to connect to: that is the question whether the node is there.
        if (!_server.Requests[^1].Contains("ports=", StringComparison.Ordinal))
            return new HttpResponseMessage(HttpStatusCode.BadRequest);
        var (ours, theirs) = FullDuplexStream.CreatePair();
        _kubelet = WebSocket.CreateFromStream(theirs, new WebSocketCreationOptions { IsServer = true, KeepAliveInterval = TimeSpan.Zero });
        return _server.Accepted(Subprotocol, new RecordingStream(ours));
    }

    private async Task<IPodSession> SessionAsync() => Own(await _transport.OpenAsync("default", "web-0", new ScriptedWitness(), TimeoutToken));

    private async Task<IPodStream> OpenAsync(string firstBytes = "", IPodSession? session = null, bool sendPorts = true)
    {
        session ??= await SessionAsync();
        var stream = Own(await session.OpenAsync(8080, Encoding.UTF8.GetBytes(firstBytes), Grace, TimeoutToken));
        if (!sendPorts)
            return stream;
        await SendAsync(0, "\u0090\u001f", Encoding.Latin1);
        await SendAsync(1, "\u0090\u001f", Encoding.Latin1);
        return stream;
    }

    private Task SendAsync(byte channel, string text, Encoding? encoding = null) =>
        _kubelet!.SendAsync(new byte[] { channel }.Concat((encoding ?? Encoding.UTF8).GetBytes(text)).ToArray(), WebSocketMessageType.Binary, true, TimeoutToken);

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[128 * 1024];
        var count = 0;
        ValueWebSocketReceiveResult received;
        do
        {
            received = await _kubelet!.ReceiveAsync(buffer.AsMemory(count), TimeoutToken);
            count += received.Count;
        }
        while (!received.EndOfMessage);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    private async Task<string> ReadToEndAsync(IPodStream stream)
    {
        var text = new StringBuilder();
        while (true)
        {
            var bytes = await stream.ReadAsync(TimeoutToken);
            if (bytes.IsEmpty)
                return text.ToString();
            text.Append(Encoding.UTF8.GetString(bytes.Span));
        }
    }
}
