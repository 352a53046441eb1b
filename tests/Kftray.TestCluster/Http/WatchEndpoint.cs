using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Faults;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>
/// A watch: reads the history from where the client is, then waits for more, until its time is over or the client has gone. It keeps
/// no queue, so a slow client holds up nobody.
/// </summary>
internal sealed class WatchEndpoint(
    ObjectStore store, ClusterFaults faults, TimeProvider time, TimeSpan bookmarkInterval, CancellationToken stopping)
{
    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public async Task ServeAsync(HttpContext context, RequestInfo request, string user)
    {
        var watch = new Watch(context.Request, request);
        // A name in the path watches one object, as old clients do it.
        var revision = watch.FromRevision ?? store.Revision;
        IReadOnlyList<StoredObject> initial = [];
        if (watch.WantsInitialState) (initial, revision) = store.List(request.Kind!, request.Namespace);
        // Too old is an error before the stream begins.
        else _ = store.EventsAfter(revision);

        context.Response.ContentType = "application/json";
        using var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        until.CancelAfter(watch.Timeout);
        foreach (var item in initial.Where(watch.Selection.Matches)) await WriteAsync(context, watch.Render("ADDED", item, store.Timestamp()));
        if (watch.WantsInitialState && watch.WantsInitialBookmark) await WriteAsync(context, watch.Bookmark(revision, isEndOfInitial: true));
        await context.Response.Body.FlushAsync(until.Token);
        try
        {
            await FollowAsync(context, watch, revision, () => faults.TakeForWatch(user, request), until.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            // The watch's time is over: an orderly end, and the client comes back from the last revision that it knows.
        }
    }

    private async Task FollowAsync(HttpContext context, Watch watch, long revision, Func<RequestFault?> suffered, CancellationToken until)
    {
        var nextBookmark = time.GetUtcNow() + bookmarkInterval;
        while (true)
        {
            var (changed, faultsChanged) = (store.Changed.Next, faults.Changed);
            var fault = suffered();
            if (fault?.Action == FaultAction.Silence)
            {
                await faultsChanged.WaitAsync(until);
                continue;
            }

            IReadOnlyList<StoreEvent> events;
            try
            {
                if (fault?.Action == FaultAction.Expire) throw ApiException.Expired(revision, revision + 1);
                (events, revision) = store.EventsAfter(revision);
            }
            catch (ApiException expired)
            {
                await WriteAsync(context, new JsonObject { ["type"] = "ERROR", ["object"] = expired.ToStatus() });
                return;
            }

            if (fault?.Action == FaultAction.Lag && events.Count > 0)
                await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMilliseconds), time, until);
            var written = 0;
            foreach (var change in events)
            {
                if (watch.Translate(change) is not { } type) continue;
                await WriteAsync(context, watch.Render(type, change.Current, store.Timestamp()));
                written++;
            }

            if (watch.WantsBookmarks && time.GetUtcNow() >= nextBookmark)
            {
                await WriteAsync(context, watch.Bookmark(revision, isEndOfInitial: false));
                nextBookmark = time.GetUtcNow() + bookmarkInterval;
                written++;
            }

            if (written > 0) await context.Response.Body.FlushAsync(until);
            await WaitAsync(Task.WhenAny(changed, faultsChanged), watch.WantsBookmarks ? nextBookmark - time.GetUtcNow() : Timeout.InfiniteTimeSpan, until);
        }
    }

    private async Task WaitAsync(Task changed, TimeSpan atMost, CancellationToken until)
    {
        if (atMost != Timeout.InfiniteTimeSpan && atMost < TimeSpan.Zero) atMost = TimeSpan.Zero;
        try
        {
            await changed.WaitAsync(atMost, time, until);
        }
        catch (TimeoutException)
        {
            // Time for a bookmark.
        }
    }

    private static async Task WriteAsync(HttpContext context, JsonObject line)
    {
        await context.Response.Body.WriteAsync(line.ToUtf8(), context.RequestAborted);
        await context.Response.Body.WriteAsync(NewLine, context.RequestAborted);
    }

    /// <summary>What one client asked for.</summary>
    private sealed class Watch
    {
        private readonly ResourceKind _kind;
        private readonly string? _namespace;
        private readonly HttpRequest _request;
        private readonly bool _asTable;
        private bool _hasColumns;

        public Watch(HttpRequest request, RequestInfo info)
        {
            var query = request.Query;
            (_request, _kind, _namespace) = (request, info.Kind!, info.Namespace);
            _asTable = TableRenderer.IsWanted(request);
            var fields = info.Name is null ? query["fieldSelector"].ToString() : $"metadata.name={info.Name}";
            Selection = Selection.Parse(query["labelSelector"], fields);
            WantsBookmarks = query["allowWatchBookmarks"] == "true" || query["allowWatchBookmarks"] == "1";
            WantsInitialBookmark = query["sendInitialEvents"] == "true";
            FromRevision = query["resourceVersion"].ToString() is { Length: > 0 } text && text != "0"
                ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
                    ? revision
                    : throw ApiException.BadRequest($"invalid resource version: {text}")
                : null;
            WantsInitialState = WantsInitialBookmark || (FromRevision is null && query["sendInitialEvents"] != "false");
            Timeout = int.TryParse(query["timeoutSeconds"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
                ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.FromSeconds(Random.Shared.Next(1800, 3600));
        }

        public Selection Selection { get; }

        public bool WantsBookmarks { get; }

        /// <summary>A client that lists through its watch is told where the list ends.</summary>
        public bool WantsInitialBookmark { get; }

        public bool WantsInitialState { get; }

        /// <summary>Null: from now, or from the beginning of the present state.</summary>
        public long? FromRevision { get; }

        public TimeSpan Timeout { get; }

        /// <summary>What a change is for this watch; null when it does not concern it.</summary>
        public string? Translate(StoreEvent change)
        {
            if (change.Current.Kind != _kind || (_namespace is not null && change.Current.Namespace != _namespace)) return null;
            var before = change.Previous is { } previous && Selection.Matches(previous);
            var after = !change.IsDeletion && Selection.Matches(change.Current);
            return (before, after) switch
            {
                (false, true) => "ADDED",
                (true, true) => "MODIFIED",
                // Also when the object lives on but no longer matches.
                (true, false) => "DELETED",
                _ => null,
            };
        }

        public JsonObject Render(string type, StoredObject item, string now)
        {
            if (!_asTable) return new JsonObject { ["type"] = type, ["object"] = item.Read() };
            var table = TableRenderer.Render(_kind, [item], item.Revision, now, _request);
            if (_hasColumns) table["columnDefinitions"] = null;
            _hasColumns = true;
            return new JsonObject { ["type"] = type, ["object"] = table };
        }

        public JsonObject Bookmark(long revision, bool isEndOfInitial)
        {
            var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
            if (isEndOfInitial) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
            return new JsonObject
            {
                ["type"] = "BOOKMARK",
                ["object"] = new JsonObject { ["kind"] = _kind.Kind, ["apiVersion"] = _kind.GroupVersion, ["metadata"] = metadata },
            };
        }
    }
}
