using System.Net.Http.Headers;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>When credentials are asked for, and above all when not.</summary>
public sealed class RenewableCredentialTests : TestBase
{
    private readonly ScriptedIssuer _issuer = new();
    private readonly RenewableCredentialSource _source;

    public RenewableCredentialTests()
    {
        _issuer.Clock = Time;
        _source = Own(new RenewableCredentialSource("me", _issuer, Time, NullLogger.Instance));
    }

    [Fact]
    public async Task Get_ByManyAtOnce_AsksOnce()
    {
        var answer = _issuer.Hold();
        var callers = Enumerable.Range(0, 100).Select(_ => TokenAsync()).ToArray();
        answer.SetResult();

        Assert.All(await Task.WhenAll(callers), token => Assert.Equal("t1", token));
        Assert.Equal(1, _issuer.Attempts);
    }

    [Fact]
    public async Task Get_CallerThatGivesUp_LeavesTheAttemptToTheOthers()
    {
        var answer = _issuer.Hold();
        using var impatient = new CancellationTokenSource();
        var first = _source.GetAsync(impatient.Token).AsTask();
        var second = TokenAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult();

        Assert.Equal("t1", await second);
        Assert.Equal(1, _issuer.Attempts);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(3600)]
    public async Task Get_CredentialAboutToExpire_IsServedWhileItIsRenewed(int seconds)
    {
        _issuer.Life = TimeSpan.FromSeconds(seconds);
        Assert.Equal("t1", await TokenAsync());
        var margin = Math.Min(seconds / 10.0, 30);
        Time.Advance(TimeSpan.FromSeconds(seconds - margin - 0.1));
        Assert.Equal("t1", await TokenAsync());
        Assert.Equal(1, _issuer.Attempts);

        Time.Advance(TimeSpan.FromSeconds(0.2));
        var renewed = _source.Renewed;
        Assert.Equal("t1", await TokenAsync());
        await renewed.WaitAsync(TimeoutToken);

        Assert.Equal("t2", await TokenAsync());
        Assert.Equal(2, _issuer.Attempts);
    }

    [Fact]
    public async Task Get_CredentialExpired_WaitsForTheNext()
    {
        _issuer.Life = TimeSpan.FromSeconds(10);
        await TokenAsync();
        Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("t2", await TokenAsync());
    }

    [Fact]
    public async Task Get_CredentialIssuedAsExpired_IsUsedForASecond()
    {
        _issuer.Life = TimeSpan.FromMinutes(-5);
        Assert.Equal("t1", await TokenAsync());
        Assert.Equal("t1", await TokenAsync());
        Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("t2", await TokenAsync());
    }

    [Fact]
    public async Task Refused_ByManyRequests_IsRenewedOnceAndThenNoMore()
    {
        var first = await _source.GetAsync(TimeoutToken);
        Assert.True(_source.Invalidate(first));
        Assert.True(_source.Invalidate(first));
        var second = await _source.GetAsync(TimeoutToken);
        Assert.True(_source.Invalidate(first));

        // Refused although it is new: whatever the server has against it, another one will not help.
        Assert.False(_source.Invalidate(second));
        Assert.Same(second, await _source.GetAsync(TimeoutToken));
        Assert.Equal(2, _issuer.Attempts);

        Time.Advance(RenewableCredentialSource.RefusalRest);
        Assert.True(_source.Invalidate(second));
    }

    [Fact]
    public async Task Refused_AfterItWasAccepted_IsRenewedAgain()
    {
        _source.Invalidate(await _source.GetAsync(TimeoutToken));
        var second = await _source.GetAsync(TimeoutToken);
        _source.Accept(second);

        Assert.True(_source.Invalidate(second));
        Assert.Equal("t3", await TokenAsync());
    }

    [Fact]
    public async Task Failure_Quick_IsRepeatedAfterRestsThatGrow()
    {
        _issuer.Failure = new(FaultKind.CredentialsUnavailable, "Not now.");
        await FaultAsync();
        await FaultAsync();
        Assert.Equal(1, _issuer.Attempts);

        List<double> rests = [];
        for (var attempt = 1; attempt <= 8; attempt++)
        {
            var waited = 0.0;
            while (_issuer.Attempts == attempt)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                waited++;
                await FaultAsync();
            }

            rests.Add(waited);
        }

        Assert.Equal([2, 4, 8, 16, 32, 60, 60, 60], rests);
        _source.RetryNow(userIsThere: false);
        _issuer.Failure = null;
        Assert.NotNull(await TokenAsync());
    }

    [Fact]
    public async Task Attempt_ThatTakesLong_IsNotWaitedForAndNotBegunAgain()
    {
        var answer = _issuer.Hold();
        var waiting = FaultAsync();
        await Time.Armed(RenewableCredentialSource.Patience);
        Time.Advance(RenewableCredentialSource.Patience);

        Assert.Equal("waits", (await waiting).Message);
        Assert.Equal("waits", (await FaultAsync()).Message);

        // It succeeds after all: whoever told their users so learns it.
        var renewed = _source.Renewed;
        answer.SetResult();
        await renewed.WaitAsync(TimeoutToken);
        Assert.Equal("t1", await TokenAsync());
        Assert.Equal(1, _issuer.Attempts);
    }

    [Fact]
    public async Task Attempt_ThatWaitedForTheUserInVain_IsBegunAgainByTheUserOnly()
    {
        var answer = _issuer.Hold();
        _issuer.Failure = new(FaultKind.CredentialsUnavailable, "Nobody came.");
        var waiting = FaultAsync();
        await Time.Armed(RenewableCredentialSource.Patience);
        Time.Advance(RenewableCredentialSource.Patience);
        await waiting;
        answer.SetResult();
        await UntilAsync(async () => (await FaultAsync()).Message == "waited in vain");

        Time.Advance(TimeSpan.FromMinutes(9));
        _source.RetryNow(userIsThere: false);
        Assert.Equal("waited in vain", (await FaultAsync()).Message);
        Assert.Equal(1, _issuer.Attempts);

        _issuer.Failure = null;
        Assert.Null(await _source.SignInAsync(TimeoutToken));
        Assert.Equal("t2", await TokenAsync());
    }

    [Fact]
    public async Task SignIn_ThatFails_SaysWhy()
    {
        _issuer.Failure = new(FaultKind.SignInRequired, "No.");
        Assert.Equal("No.", (await _source.SignInAsync(TimeoutToken))!.Message);
        Assert.Equal(FaultKind.SignInRequired, (await FaultAsync()).Kind);
        Assert.Equal(1, _issuer.Attempts);
        _source.RetryNow(userIsThere: true);
        await FaultAsync();
        Assert.Equal(2, _issuer.Attempts);
    }

    [Fact]
    public async Task Dispose_WithAnAttemptUnderWay_EndsIt()
    {
        _issuer.Hold();
        var waiting = FaultAsync();
        await UntilAsync(() => Task.FromResult(_issuer.Attempts == 1));
        await _source.DisposeAsync();
        await waiting;
        Assert.True(_issuer.WasCancelled);
    }

    private async Task<string?> TokenAsync() => (await _source.GetAsync(TimeoutToken)).Authorization?.Parameter;

    private async Task<Fault> FaultAsync() =>
        (await Assert.ThrowsAsync<ForwardException>(async () => await _source.GetAsync(TimeoutToken))).Fault;

    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            TimeoutToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private sealed class ScriptedIssuer : ICredentialIssuer
    {
        private TaskCompletionSource? _hold;
        private int _attempts;

        public int Attempts => _attempts;

        public TimeSpan? Life { get; set; }

        public Fault? Failure { get; set; }

        public bool WasCancelled { get; private set; }

        public FakeTime? Clock { get; set; }

        /// <summary>The next attempt waits until the result is set.</summary>
        public TaskCompletionSource Hold() => _hold = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task<IssuedCredential> IssueAsync(CancellationToken cancellationToken)
        {
            var attempt = Interlocked.Increment(ref _attempts);
            if (Interlocked.Exchange(ref _hold, null) is { } hold)
            {
                try
                {
                    await hold.Task.WaitAsync(cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    WasCancelled = true;
                    throw;
                }
            }

            if (Failure is { } failure)
                throw new ForwardException(failure);
            return new(new(new AuthenticationHeaderValue("Bearer", $"t{attempt}"), null), Clock?.GetUtcNow() + Life);
        }

        public Fault SlowAttempt(bool isOver) => new(FaultKind.SignInRequired, isOver ? "waited in vain" : "waits");
    }
}
