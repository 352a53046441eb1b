using System.Text;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>Pods that answer as the test says. Every stream that is opened comes to the test through <see cref="NextStreamAsync"/>.</summary>
internal sealed class ScriptedDialer : IPodDialer
{
    private readonly Lock _lock = new();
    private readonly Channel<ScriptedPodStream> _streams = Channel.CreateUnbounded<ScriptedPodStream>();

    // Guarded by _lock.
    private readonly Dictionary<string, Fault> _unreachable = [];
    private readonly List<ScriptedLease> _leases = [];
    private readonly List<string> _warmed = [];
    private TimeSpan? _retryAfter;
    private int _hangs;
    private TaskCompletionSource _warming = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string? Transport => "spdy";

    public int HeldLeases
    {
        get
        {
            lock (_lock)
                return _leases.Count(lease => !lease.IsDisposed);
        }
    }

    /// <summary>Names of the pods that were warmed, in order, whether it worked or not.</summary>
    public IReadOnlyList<string> Warmed
    {
        get
        {
            lock (_lock)
                return [.. _warmed];
        }
    }

    public PodTarget Pod(string name) => new("default", name, $"uid-{name}", 8080, this);

    /// <summary>No session can be opened to this pod; null: it can again.</summary>
    public void SetUnreachable(string pod, Fault? fault, TimeSpan? retryAfter = null)
    {
        lock (_lock)
        {
            _retryAfter = retryAfter;
            if (fault is null)
                _unreachable.Remove(pod);
            else
                _unreachable[pod] = fault;
        }
    }

    /// <summary>The next attempt to warm a pod never ends by itself.</summary>
    public Task HangNextWarm()
    {
        lock (_lock)
        {
            _hangs++;
            _warming = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return _warming.Task;
        }
    }

    public void LoseSessions(Fault fault)
    {
        ScriptedLease[] leases;
        lock (_lock)
            leases = [.. _leases];
        foreach (var lease in leases)
            lease.Lose(fault);
    }

    public ValueTask<ScriptedPodStream> NextStreamAsync(CancellationToken timeout) => _streams.Reader.ReadAsync(timeout);

    public async ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken)
    {
        var hangs = false;
        lock (_lock)
        {
            _warmed.Add(target.Name);
            if (_hangs > 0)
            {
                _hangs--;
                hangs = true;
                _warming.TrySetResult();
            }
        }

        if (hangs)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        ThrowIfUnreachable(target);
        var lease = new ScriptedLease();
        lock (_lock)
            _leases.Add(lease);
        return lease;
    }

    public ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfUnreachable(target);
        var stream = new ScriptedPodStream(target, Encoding.UTF8.GetString(firstBytes.Span));
        _streams.Writer.TryWrite(stream);
        return ValueTask.FromResult<IPodStream>(stream);
    }

    public void Abandon(string @namespace, string pod, string uid)
    {
        // Nobody calls it here: pods are gone when the test says so.
    }

    private void ThrowIfUnreachable(PodTarget target)
    {
        lock (_lock)
        {
            if (_unreachable.TryGetValue(target.Name, out var fault))
                throw new ForwardException(fault) { RetryAfter = _retryAfter };
        }
    }

    private sealed class ScriptedLease : ISessionLease
    {
        private readonly TaskCompletionSource<Fault> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Fault> Lost => _lost.Task;

        public TimeSpan? RoundTrip => TimeSpan.FromMilliseconds(12.34);

        public bool IsDisposed { get; private set; }

        public void Lose(Fault fault) => _lost.TrySetResult(fault);

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
