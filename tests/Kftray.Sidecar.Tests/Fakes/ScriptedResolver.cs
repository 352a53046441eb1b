using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>Says of every forward what the test pushes. A forward that comes later gets the last word first.</summary>
internal sealed class ScriptedResolver : ITargetResolver
{
    private readonly Lock _lock = new();
    private readonly List<Channel<Resolution>> _followers = [];
    private Resolution? _last;
    private Exception? _failure;

    /// <summary>Forwards that follow their target right now.</summary>
    public int Followers
    {
        get
        {
            lock (_lock)
                return _followers.Count;
        }
    }

    public void Ready(params PodTarget[] pods) => Push(new Resolution.Ready(pods) { Context = "test", Namespace = "default" });

    public void Unavailable(FaultKind kind = FaultKind.NoReadyPod, WaitingFor waitingFor = WaitingFor.Event) =>
        Push(new Resolution.Unavailable(new Fault(kind, "Nothing to forward to."), waitingFor));

    public void Push(Resolution resolution)
    {
        lock (_lock)
        {
            _last = resolution;
            foreach (var follower in _followers)
                follower.Writer.TryWrite(resolution);
        }
    }

    /// <summary>Breaks the contract of the seam: an exception instead of an answer.</summary>
    public void Fail(Exception exception)
    {
        lock (_lock)
        {
            _failure = exception;
            foreach (var follower in _followers)
                follower.Writer.TryComplete(exception);
        }
    }

    /// <summary>What was doubted, in order; null where nothing had failed.</summary>
    public ConcurrentQueue<Fault?> Doubts { get; } = [];

    public void Doubt(ForwardSpec spec, Fault? fault) => Doubts.Enqueue(fault);

    public async IAsyncEnumerable<Resolution> ResolveAsync(ForwardSpec spec, [EnumeratorCancellation] CancellationToken stopping)
    {
        var channel = Channel.CreateUnbounded<Resolution>();
        lock (_lock)
        {
            _followers.Add(channel);
            if (_failure is not null)
                channel.Writer.TryComplete(_failure);
            else if (_last is not null)
                channel.Writer.TryWrite(_last);
        }

        try
        {
            await foreach (var resolution in channel.Reader.ReadAllAsync(stopping))
                yield return resolution;
        }
        finally
        {
            lock (_lock)
                _followers.Remove(channel);
        }
    }
}
