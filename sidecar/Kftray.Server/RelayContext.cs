namespace Kftray.Relay;

/// <summary>What all connections of a relay share.</summary>
internal sealed class RelayContext(RelayOptions options, Target target, RelayLog log, TimeProvider time)
{
    // Flows and connections to the target now.
    private int _flows;
    private IdleTimer? _idleExit;

    public RelayOptions Options => options;

    public Target Target => target;

    public RelayLog Log => log;

    public TimeProvider Time => time;

    public ChunkPool Chunks { get; } = new();

    /// <summary>From now on the relay ends when <see cref="Touch"/> is not called for its time.</summary>
    public void Watch(IdleTimer idleExit) => _idleExit = idleExit;

    /// <summary>Somebody speaks to the relay.</summary>
    public void Touch() => _idleExit?.Touch();

    /// <summary>Takes one of the places; <see cref="LeaveFlow"/> gives it back.</summary>
    /// <exception cref="RelayException">There is none. Those who have one keep it.</exception>
    public void EnterFlow()
    {
        if (Interlocked.Increment(ref _flows) <= options.MaxFlows)
            return;
        LeaveFlow();
        throw new RelayException(RelayStatus.LimitReached, $"The relay serves {options.MaxFlows} flows already; MAX_FLOWS sets the limit.");
    }

    public void LeaveFlow() => Interlocked.Decrement(ref _flows);
}
