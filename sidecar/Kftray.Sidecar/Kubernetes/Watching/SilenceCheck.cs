using System.Collections.Immutable;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>
/// A watch that says nothing is either quiet or hangs, behind a gateway that keeps its answers, for one. It is compared with what the server
/// says when it is asked, so that no row goes on about a pod that is long gone.
/// </summary>
/// <param name="outdated">Called when the server knows of something that the watch has not told.</param>
internal sealed class SilenceCheck<T>(ResourceKind<T> kind, string ns, ApiReader api, Action outdated, TimeProvider time, ILogger logger)
    where T : IResource
{
    /// <summary>Silence that is not unusual. With the time that a doubt takes, a row is right again within 15 s.</summary>
    internal static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    // A large namespace is asked less often: no server has to send more than this many objects for each time of silence.
    private const int Batch = 200;

    private long _heard = time.GetTimestamp();

    /// <summary>The watch has said something.</summary>
    public void OnHeard() => Volatile.Write(ref _heard, time.GetTimestamp());

    /// <summary>Ends by cancellation only.</summary>
    /// <param name="known">What the watch has told, and the version up to which.</param>
    public async Task RunAsync(Func<(ImmutableDictionary<string, T> Items, string Version)> known, CancellationToken watching)
    {
        long? asked = null;
        while (true)
        {
            var heard = Volatile.Read(ref _heard);
            var patience = Quiet * (1 + (known().Items.Count / Batch));
            var left = patience - time.GetElapsedTime(asked is { } last && last > heard ? last : heard);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, time, watching);
                continue;
            }

            asked = time.GetTimestamp();
            if (await DiffersAsync(known, watching) && Volatile.Read(ref _heard) == heard)
            {
                WatchLog.Silent(logger, $"{api.Server.Context}/{ns}/{kind.Plural}", time.GetElapsedTime(heard));
                outdated();
            }
        }
    }

    private async Task<bool> DiffersAsync(Func<(ImmutableDictionary<string, T> Items, string Version)> known, CancellationToken watching)
    {
        try
        {
            var versions = await api.ListVersionsAsync(kind, ns, known().Version, watching);
            var items = known().Items;
            return versions.Count != items.Count
                || versions.Any(pair => items.GetValueOrDefault(pair.Key) is not { } item || item.Version != pair.Value);
        }
        catch (Exception e) when (e is ForwardException or ApiStatusException)
        {
            // Nothing is known about the watch then. Whether the server answers at all is looked after elsewhere.
            return false;
        }
    }
}
