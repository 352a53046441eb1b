using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay.Tests;

/// <summary>The target's name is looked up when it is used.</summary>
public sealed class TargetTests : RelayTest
{
    private readonly FakeTime _time = new();
    private readonly List<TaskCompletionSource<IPAddress[]>> _questions = [];

    [Fact]
    public async Task Lookup_WhenManyAskAtOnce_IsOne()
    {
        var target = NewTarget(53);
        var first = target.ResolveAsync(TimeoutToken);
        var second = target.ResolveAsync(TimeoutToken);
        Assert.Single(_questions).SetResult([IPAddress.Loopback]);

        Assert.Equal([IPAddress.Loopback], await first);
        Assert.Equal([IPAddress.Loopback], await second);
    }

    [Fact]
    public async Task Lookup_ASecondLater_IsANewOne()
    {
        var target = NewTarget(53);
        var first = target.ResolveAsync(TimeoutToken);
        _questions[0].SetResult([IPAddress.Parse("10.0.0.1")]);
        await first;
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = target.ResolveAsync(TimeoutToken);
        _questions[1].SetResult([IPAddress.Parse("10.0.0.2")]);

        Assert.Equal([IPAddress.Parse("10.0.0.2")], await second);
    }

    [Fact]
    public async Task Lookup_WithoutAnAnswer_TimesOut()
    {
        var asked = NewTarget(53).ResolveAsync(TimeoutToken);
        await _time.Armed(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(10));

        var refusal = await Assert.ThrowsAsync<RelayException>(() => asked);
        Assert.Equal(RelayStatus.NameNotFound, refusal.Status);
        Assert.Equal("The name of db.shop:53 could not be looked up: the cluster's DNS did not answer.", refusal.Message);
    }

    [Fact]
    public async Task Connection_WhenTheFirstAddressRefuses_IsToTheNext()
    {
        var listener = Listen(Address);
        var target = NewTarget(((IPEndPoint)listener.LocalEndPoint!).Port);
        var connecting = target.ConnectAsync(TimeoutToken);
        // Its own address, a port of another's: refused.
        _questions[0].SetResult([IPAddress.Parse("127.0.0.2"), Address]);

        using var connection = await connecting;
        var accepted = await AcceptAsync(listener);
        await connection.SendAllAsync("here"u8.ToArray());
        Assert.Equal("here", await accepted.ReadTextAsync(4));
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, RelayStatus.NameNotFound)]
    [InlineData(SocketError.TryAgain, RelayStatus.NameNotFound)]
    [InlineData(SocketError.ConnectionRefused, RelayStatus.Refused)]
    [InlineData(SocketError.NetworkUnreachable, RelayStatus.Unreachable)]
    [InlineData(SocketError.HostUnreachable, RelayStatus.Unreachable)]
    [InlineData(SocketError.TimedOut, RelayStatus.TimedOut)]
    [InlineData(SocketError.TooManyOpenSockets, RelayStatus.LimitReached)]
    [InlineData(SocketError.ProtocolNotSupported, RelayStatus.Internal)]
    internal void Failure_OfEachKind_HasItsStatus(SocketError error, RelayStatus status) => Assert.Equal(status, RelayException.From(error, "db:5432").Status);

    [Fact]
    public async Task Flow_WhoseTargetRefuses_MovesToWhereTheNameLeadsNow()
    {
        var next = BindUdp(Address);
        var target = NewTarget(next.Address.Port);
        await using var socket = await OpenUdpAsync(target, IPAddress.Parse("127.0.0.3"));
        socket.Failed(SocketError.ConnectionRefused);
        Assert.Null(socket.Review());
        _time.Advance(TimeSpan.FromSeconds(1));
        socket.Review();
        await AnswerAsync(1, Address);

        Assert.Null(socket.Review());
        Assert.Equal(next.Address, socket.Socket.RemoteEndPoint);
        socket.Socket.TrySend("hello"u8);
        await next.ReceiveTextAsync("hello");
    }

    [Fact]
    public async Task Flow_WhoseTargetIsSilent_FollowsAChangedAnswerAndKeepsAnUnchangedOne()
    {
        var target = NewTarget(53);
        var first = IPAddress.Parse("127.0.0.3");
        await using var socket = await OpenUdpAsync(target, first);
        var before = socket.Socket;
        _time.Advance(TimeSpan.FromSeconds(10));
        socket.Review();
        await AnswerAsync(1, Address, first);
        Assert.Null(socket.Review());
        Assert.Same(before, socket.Socket);

        _time.Advance(TimeSpan.FromSeconds(10));
        socket.Review();
        await AnswerAsync(2, Address);
        Assert.Null(socket.Review());
        Assert.Equal(new IPEndPoint(Address, 53), socket.Socket.RemoteEndPoint);
    }

    [Fact]
    public async Task Flow_WhoseTargetAnswers_IsNotLookedUpAgain()
    {
        await using var socket = await OpenUdpAsync(NewTarget(53), Address);
        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            socket.Heard();
            Assert.Null(socket.Review());
        }

        Assert.Single(_questions);
    }

    [Fact]
    public async Task Flow_WhenTheNameIsGone_SaysSoAndStaysWhereItIs()
    {
        await using var socket = await OpenUdpAsync(NewTarget(53), Address);
        _time.Advance(TimeSpan.FromSeconds(10));
        socket.Review();
        _questions[1].SetException(new SocketException((int)SocketError.HostNotFound));
        var problem = await BecomesAsync(socket.Review);

        Assert.Equal(RelayStatus.NameNotFound, problem.Status);
        Assert.Equal(new IPEndPoint(Address, 53), socket.Socket.RemoteEndPoint);
    }

    private Target NewTarget(int port) => new("db.shop", port, TimeSpan.FromSeconds(10), _time, _ =>
    {
        // Answered within the call that sets it, so that what follows from it has happened then.
        _questions.Add(new TaskCompletionSource<IPAddress[]>());
        return _questions[^1].Task;
    });

    private async Task<UdpTarget> OpenUdpAsync(Target target, IPAddress address)
    {
        var opening = UdpTarget.OpenAsync(target, _time, TimeoutToken);
        await AnswerAsync(0, address);
        return await opening;
    }

    private async Task AnswerAsync(int question, params IPAddress[] addresses)
    {
        _questions[question].SetResult(addresses);
        await _questions[question].Task;
    }

    private async Task<RelayException> BecomesAsync(Func<RelayException?> review)
    {
        while (true)
        {
            if (review() is { } problem)
                return problem;
            await Task.Yield();
            TimeoutToken.ThrowIfCancellationRequested();
        }
    }
}
