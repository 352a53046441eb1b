using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using k8s.Models;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>
/// List and watch of one kind in one namespace: lists, watches from the list's version, resumes from the last version it saw, and lists
/// again when the server has forgotten that version. Without the permission to watch it lists every two seconds.
/// </summary>
/// <param name="gone">Told of each object that is not there any more, also of one that another of the same name has replaced.</param>
/// <param name="silence">Looks after a watch that says nothing; null where others of the namespace do.</param>
internal sealed class Reflector<T>(
    ResourceKind<T> kind, string ns, ApiReader api, RetryPulse pulse, Action<T> gone, SilenceCheck<T>? silence, TimeProvider time, ILogger logger)
    : WatchSource<T>($"{api.Server.Context}/{ns}/{kind.Plural}", pulse, time, logger)
    where T : IResource
{
    /// <summary>Watches end by themselves within 2 to 4 minutes, at different times.</summary>
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMinutes(2);

    /// <summary>A watch that the server has not ended by then hangs.</summary>
    internal static readonly TimeSpan Overtime = TimeSpan.FromSeconds(15);

    /// <summary>Polls before it is tried whether watching is allowed by now: about a minute.</summary>
    private const int PollsBeforeWatch = 30;

    /// <summary>A doubt gives the watch this long to answer it: a pod that is replaced is usually refused a moment before we are told.</summary>
    internal static readonly TimeSpan Benefit = TimeSpan.FromSeconds(1);

    /// <summary>Between two lists that doubts have caused.</summary>
    internal static readonly TimeSpan DoubtInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    // Guarded by _gate. Cancelled when the watch is no longer believed; null while there is none.
    private CancellationTokenSource? _believed;
    private long? _doubtedAt;

    // Null: list first. Written by the one loop, read by the check of a silent watch.
    private volatile string? _version;
    private int _pollsLeft;
    // True from an expiry to the next sign of life of a watch: two in a row are no ordinary expiry.
    private bool _expired;

    public override void Doubt()
    {
        lock (_gate)
        {
            if (_believed is null || (_doubtedAt is { } doubted && Time.GetElapsedTime(doubted) < DoubtInterval))
                return;
            _doubtedAt = Time.GetTimestamp();
            _believed.CancelAfter(Benefit);
        }
    }

    protected override async Task StepAsync(CancellationToken stopping)
    {
        if (_version is null)
            await ListAsync(stopping);

        if (_pollsLeft > 0)
        {
            _pollsLeft--;
            await Task.Delay(PollInterval, Time, stopping);
            _version = null;
            return;
        }

        try
        {
            await WatchAsync(stopping);
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.Gone && !_expired)
        {
            WatchLog.Expired(Logger, Name, _version);
            _expired = true;
            _version = null;
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.Gone)
        {
            _version = null;
            throw;
        }
        catch (ApiStatusException e) when (e.Status is HttpStatusCode.Forbidden or HttpStatusCode.MethodNotAllowed)
        {
            WatchLog.Polls(Logger, Name);
            _pollsLeft = PollsBeforeWatch;
            Publish(state => state with { IsPolled = true });
        }
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        var page = await api.ListAsync(kind, ns, stopping);
        _version = page.ResourceVersion ?? "";
        WatchLog.Synced(Logger, Name, page.Items.Count, _version);
        var items = page.Items.ToImmutableDictionary(item => item.Name);
        var old = Current.Value.Items;
        Publish(state => state with { Items = items, IsKnown = true });
        foreach (var item in old.Values)
        {
            if (items.GetValueOrDefault(item.Name)?.Uid != item.Uid)
                gone(item);
        }
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
#pragma warning disable CA5394 // Spreading load needs no secrecy.
        var duration = ShortestWatch * (1 + Random.Shared.NextDouble());
#pragma warning restore CA5394
        var started = Time.GetTimestamp();
        using var watchdog = new CancellationTokenSource(duration + Overtime, Time);
        using var believed = new CancellationTokenSource(Timeout.InfiniteTimeSpan, Time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(watchdog.Token, believed.Token, stopping);
        var isAccepted = false;
        silence?.OnHeard();
        var checking = silence?.RunAsync(() => (Current.Value.Items, _version ?? ""), stop.Token) ?? Task.CompletedTask;
        try
        {
            lock (_gate)
                _believed = believed;
            await foreach (var watchEvent in api.WatchAsync(kind, ns, _version!, duration, stop.Token))
            {
                if (watchEvent is not null)
                    Apply(watchEvent);
                else
                    Publish(state => state with { IsPolled = false });
                isAccepted = true;
                silence?.OnHeard();
            }
        }
        catch (OperationCanceledException) when (watchdog.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(api.Server.Context);
        }
        catch (OperationCanceledException) when (believed.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            WatchLog.Doubted(Logger, Name, _version);
            _version = null;
            return;
        }
        catch (Exception e) when (isAccepted && e is IOException or HttpRequestException or JsonException)
        {
            // Cut off, perhaps within an event: the next watch continues after the last whole one.
            WatchLog.TroubleAgain(Logger, Name, e.GetType().Name, 0);
        }
        finally
        {
            lock (_gate)
                _believed = null;
            await stop.CancelAsync();
            await checking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // A server that ends every watch at once must not be asked in a tight loop.
        if (Time.GetElapsedTime(started) < TimeSpan.FromSeconds(1))
            await Task.Delay(TimeSpan.FromSeconds(1), Time, stopping);
    }

    private void Apply(WatchEvent watchEvent)
    {
        if (watchEvent.Type == "ERROR")
            throw Error(watchEvent.Object.Deserialize(KubernetesJson.Default.V1Status));

        _expired = false;
        if (watchEvent.Type != "BOOKMARK")
        {
            var item = kind.Read(watchEvent.Object);
            var isDeleted = watchEvent.Type == "DELETED";
            var old = Current.Value.Items.GetValueOrDefault(item.Name);
            Publish(state => state with { Items = isDeleted ? state.Items.Remove(item.Name) : state.Items.SetItem(item.Name, item) });
            if (old is not null && (isDeleted || old.Uid != item.Uid))
                gone(old);
        }

        // After the event is applied: a version never runs ahead of the items.
        if (watchEvent.Object.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("resourceVersion", out var version)
            && version.GetString() is { Length: > 0 } text)
        {
            _version = text;
        }
    }

    private ApiStatusException Error(V1Status? status)
    {
        var code = (HttpStatusCode)(status?.Code ?? 500);
        return new(code, KubernetesFaults.FromStatus(code, status, new($"watch {kind.Plural} in namespace '{ns}'", api.Server.Context)),
            status?.Details?.RetryAfterSeconds is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : null);
    }
}
