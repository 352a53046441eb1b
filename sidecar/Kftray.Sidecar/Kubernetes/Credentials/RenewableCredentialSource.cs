using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Credentials that somebody issues for a time. However many callers wait, one attempt is under way; it belongs to this source and goes on
/// when a caller gives up. What is about to expire still serves while it is renewed, and what the server refuses is renewed once.
/// An attempt that takes long waits for the user: callers are told so at once, and it is not begun again without the user.
/// </summary>
/// <param name="user">Name in the kubeconfig, for the log.</param>
internal sealed partial class RenewableCredentialSource(string user, ICredentialIssuer issuer, TimeProvider time, ILogger logger)
    : ICredentialSource, IAsyncDisposable
{
    /// <summary>An attempt that takes longer waits for a person, or for a network that is not there: nobody is kept waiting with it.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>A server that refuses what was just renewed does not refuse it for its age; it is renewed again no earlier than this.</summary>
    internal static readonly TimeSpan RefusalRest = TimeSpan.FromMinutes(5);

    /// <summary>What waited for the user in vain is begun again by itself no earlier than this, and only when something has changed.</summary>
    internal static readonly TimeSpan UserRest = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly RetryPulse _renewed = new();
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private Held? _held;
    private Attempt? _attempt;
    private Failure? _failure;
    private bool _wasRefused;
    private bool _disposed;

    public ICredentialIssuer Issuer => issuer;

    public Task Renewed => _renewed.Next;

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        Attempt attempt;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_held is { } held && now < held.UsableUntil)
            {
                if (now >= held.RenewFrom && !IsResting(now))
                    _attempt ??= Begin();
                return held.Credential;
            }

            if (_attempt is null && IsResting(now))
                throw new ForwardException(_failure!.Fault);
            attempt = _attempt ??= Begin();
        }

        await Task.WhenAny(attempt.Ended, attempt.TooLong).WaitAsync(cancellationToken);
        if (attempt.TooLong.IsCompletedSuccessfully && !attempt.Ended.IsCompleted)
            throw new ForwardException(issuer.SlowAttempt(isOver: false));
        var (issued, fault) = await attempt.Ended.WaitAsync(cancellationToken);
        return issued?.Credential ?? throw new ForwardException(fault!);
    }

    public bool Invalidate(Credential refused)
    {
        lock (_gate)
        {
            // Someone else may have renewed it meanwhile: then the newer one stays.
            if (_held is not { } held || !ReferenceEquals(held.Credential, refused))
                return true;
            if (held.ReplacedRefused && !held.WasAccepted && time.GetUtcNow() - held.IssuedAt < RefusalRest)
                return false;
            _held = null;
            _wasRefused = true;
            return true;
        }
    }

    public void Accept(Credential accepted)
    {
        // Read without the gate, for each answer of the server: what is written is written once.
        if (_held is { WasAccepted: false } held && ReferenceEquals(held.Credential, accepted))
            held.WasAccepted = true;
    }

    public void RetryNow(bool userIsThere)
    {
        lock (_gate)
        {
            // Networks come and go by themselves, and each time a browser that nobody looks at would be a nuisance.
            if (userIsThere || _failure is { NeedsUser: false } || _failure?.RestUntil <= time.GetUtcNow())
                _failure = null;
        }
    }

    /// <summary>Forgets what it has, and every failure: the user has signed in by other means.</summary>
    public void Reset()
    {
        lock (_gate)
            (_held, _failure) = (null, null);
    }

    public async Task<Fault?> SignInAsync(CancellationToken cancellationToken)
    {
        Attempt attempt;
        lock (_gate)
        {
            _failure = null;
            attempt = _attempt ??= Begin();
        }

        return (await attempt.Ended.WaitAsync(cancellationToken)).Fault;
    }

    public async ValueTask DisposeAsync()
    {
        Attempt? attempt;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            attempt = _attempt;
        }

        await _stopping.CancelAsync();
        if (attempt is not null)
            await attempt.Ended;
        _stopping.Dispose();
    }

    // Called inside the gate.
    private bool IsResting(DateTimeOffset now) => _failure is { } failure && (failure.NeedsUser || now < failure.RestUntil);

    // Called inside the gate; the attempt itself begins outside of it.
    private Attempt Begin()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var began = time.GetTimestamp();
        var isOver = new CancellationTokenSource();
        var tooLong = Task.Delay(Patience, time, isOver.Token);
        return new(Task.Run(() => AttemptAsync(began, isOver), CancellationToken.None), tooLong);
    }

    private async Task<Outcome> AttemptAsync(long began, CancellationTokenSource isOver)
    {
        try
        {
            var issued = await issuer.IssueAsync(_stopping.Token);
            lock (_gate)
            {
                _held = new(issued, time.GetUtcNow(), _wasRefused);
                (_attempt, _failure, _wasRefused) = (null, null, false);
            }

            Log.Renewed(logger, user, time.GetElapsedTime(began), issued.Expires);
            _renewed.Fire();
            return new(issued, null);
        }
        catch (Exception e)
        {
            // Containment: whatever it is, callers are told and it is tried again later.
            var fault = Fail(e, time.GetElapsedTime(began));
            if (!_stopping.IsCancellationRequested)
                Log.NotRenewed(logger, user, fault.Message);
            return new(null, fault);
        }
        finally
        {
            await isOver.CancelAsync();
            isOver.Dispose();
        }
    }

    private Fault Fail(Exception e, TimeSpan took)
    {
        var needsUser = took >= Patience || e is ForwardException { Fault.Kind: FaultKind.SignInRequired };
        var fault = took >= Patience ? issuer.SlowAttempt(isOver: true)
            : (e as ForwardException)?.Fault ?? new(FaultKind.CredentialsUnavailable, $"The credentials of user '{user}' could not be renewed: {e.GetType().Name}.");
        lock (_gate)
        {
            var rest = needsUser ? UserRest : _failure is { NeedsUser: false } last ? last.Rest * 2 : ShortestRest;
            rest = needsUser || rest < LongestRest ? rest : LongestRest;
            _failure = new(fault, needsUser, rest, time.GetUtcNow() + rest);
            _attempt = null;
        }

        return fault;
    }

    /// <param name="TooLong">Completes when it takes longer than <see cref="Patience"/>.</param>
    private sealed record Attempt(Task<Outcome> Ended, Task TooLong);

    /// <param name="Issued">Null when <paramref name="Fault"/> says why.</param>
    private sealed record Outcome(IssuedCredential? Issued, Fault? Fault);

    private sealed record Failure(Fault Fault, bool NeedsUser, TimeSpan Rest, DateTimeOffset RestUntil);

    private sealed class Held
    {
        // A credential must outlive the request that carries it, and those that last long need not be used up.
        private static readonly TimeSpan LongestMargin = TimeSpan.FromSeconds(30);
        private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(1);

        public Held(IssuedCredential issued, DateTimeOffset now, bool replacedRefused)
        {
            (Credential, IssuedAt, ReplacedRefused) = (issued.Credential, now, replacedRefused);
            if (issued.Expires is not { } expires)
                return;
            // Issued as good as expired, by a clock that differs: not an attempt for every request.
            var life = expires - now > ShortestLife ? expires - now : ShortestLife;
            var margin = life / 10 < LongestMargin ? life / 10 : LongestMargin;
            RenewFrom = now + life - margin;
            UsableUntil = now + life - (margin / 4);
        }

        public Credential Credential { get; }

        public DateTimeOffset IssuedAt { get; }

        /// <summary>Issued because the server refused the one before.</summary>
        public bool ReplacedRefused { get; }

        public volatile bool WasAccepted;

        public DateTimeOffset RenewFrom { get; } = DateTimeOffset.MaxValue;

        public DateTimeOffset UsableUntil { get; } = DateTimeOffset.MaxValue;
    }
}
