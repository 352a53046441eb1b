using System.Runtime.InteropServices;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>
/// Gives memory back to the system when a busy time is over. The process lives all day beside an editor, and neither the collector, nor the pool
/// of buffers, nor the C library's allocator under TLS gives anything back by itself while nothing happens.
/// </summary>
internal sealed partial class IdleMemory : IAsyncDisposable
{
    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(15);

    /// <summary>Pings, probes and silent watches allocate less than this in a tick; connections and storms of faults more.</summary>
    internal const long Quiet = 4 * 1024 * 1024;

    /// <summary>How many times in a row: the pool of buffers lets go of what it has seen unused at the time before.</summary>
    internal const int Rounds = 6;

    private readonly Func<long> _allocated;
    private readonly Action _release;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _ticking;

    /// <param name="allocated">Bytes that were ever allocated: how busy the process is.</param>
    /// <param name="release">Gives back what can be given back.</param>
    public IdleMemory(Func<long> allocated, Action release, TimeProvider time)
    {
        _allocated = allocated;
        _release = release;
        _time = time;
        _ticking = TickAsync();
    }

    /// <summary>Of this process.</summary>
    public static IdleMemory OfProcess(TimeProvider time) => new(() => GC.GetTotalAllocatedBytes(), Release, time);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _ticking;
        _stopping.Dispose();
    }

    private async Task TickAsync()
    {
        var (before, left, quietTicks) = (_allocated(), 0, 0);
        try
        {
            while (true)
            {
                await Task.Delay(Tick, _time, _stopping.Token);
                var now = _allocated();
                var isBusy = now - before > Quiet;
                before = now;
                if (isBusy)
                {
                    (left, quietTicks) = (Rounds, 0);
                }
                else if (++quietTicks >= 2 && left > 0)
                {
                    left--;
                    _release();
                    before = _allocated();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed: the loop's only end.
        }
    }

    private static void Release()
    {
        // Blocking, for some milliseconds of a time in which nothing happens. What has a finalizer may hold memory of TLS.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = TrimHeap(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // Another C library than glibc: musl gives back by itself.
        }
    }

    // https://man7.org/linux/man-pages/man3/malloc_trim.3.html : since glibc 2.8 of all arenas.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrimHeap(nuint pad);
}
