using System.Net.NetworkInformation;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Notices what happens to this machine and makes roads to clusters worth another look: it slept, the process was suspended, or the
/// network changed.
/// </summary>
internal sealed class HostChanges : IAsyncDisposable
{
    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>A tick that is later than this by either clock was slept through; a busy machine is not that late.</summary>
    internal static readonly TimeSpan Lateness = TimeSpan.FromSeconds(4);

    private readonly Action _changed;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _ticking;

    // Set by the event of the network, taken by the next tick: an interface that comes up reports several changes.
    private int _networkChanged;

    public HostChanges(Action changed, TimeProvider time, ILogger logger)
    {
        _changed = changed;
        _time = time;
        _logger = logger;
        NetworkChange.NetworkAddressChanged += OnNetworkChanged;
        _ticking = TickAsync();
    }

    public async ValueTask DisposeAsync()
    {
        NetworkChange.NetworkAddressChanged -= OnNetworkChanged;
        await _stopping.CancelAsync();
        await _ticking;
        _stopping.Dispose();
    }

    /// <summary>The event's handler. A test calls it instead of pulling a cable.</summary>
    internal void OnNetworkChanged(object? sender, EventArgs e) => Interlocked.Exchange(ref _networkChanged, 1);

    private async Task TickAsync()
    {
        var (wall, monotonic) = (_time.GetUtcNow(), _time.GetTimestamp());
        try
        {
            while (true)
            {
                await Task.Delay(Tick, _time, _stopping.Token);
                // Asleep, the monotonic clock of some systems stands still; suspended, both go on and only this loop stood.
                var elapsed = new[] { _time.GetUtcNow() - wall, _time.GetElapsedTime(monotonic) }.Max();
                (wall, monotonic) = (_time.GetUtcNow(), _time.GetTimestamp());
                var slept = elapsed > Tick + Lateness;
                var moved = Interlocked.Exchange(ref _networkChanged, 0) != 0;
                if (slept)
                    HostLog.Woke(_logger, elapsed);
                else if (moved)
                    HostLog.NetworkChanged(_logger);
                if (slept || moved)
                    _changed();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed: the loop's only end.
        }
    }
}

internal static partial class HostLog
{
    [LoggerMessage(EventIds.MachineWoke, LogLevel.Information, "The machine or this process was asleep for {Duration}: every cluster is asked again")]
    public static partial void Woke(ILogger logger, TimeSpan duration);

    [LoggerMessage(EventIds.NetworkChanged, LogLevel.Information, "The network changed: every cluster is asked again")]
    public static partial void NetworkChanged(ILogger logger);
}
