using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Typed reads over the road to one server. Each throws <see cref="ApiStatusException"/> when the server refuses and
/// <see cref="ForwardException"/> when it could not be asked.
/// </summary>
internal sealed class ApiReader(IApiServer server, TimeProvider time)
{
    /// <summary>client-go's page size.</summary>
    private const int PageSize = 500;

    /// <summary>A server that has not begun to answer by then is taken for dead; of a body, the same for each page.</summary>
    internal static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    // A server that does not know it sends whole objects.
    private const string MetadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    public IApiServer Server => server;

    /// <summary>One object.</summary>
    public async Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : IResource =>
        await ReadAsync(kind.Path(ns, name), $"get {kind.Plural}{In(ns)}", kind.ReadAsync, cancellationToken);

    /// <summary>All objects, page by page.</summary>
    /// <returns>The items, and the version of the whole that a watch begins after.</returns>
    public async Task<ResourcePage<T>> ListAsync<T>(ResourceKind<T> kind, string? ns, CancellationToken cancellationToken)
        where T : IResource
    {
        var items = new List<T>();
        string? next = null;
        while (true)
        {
            var query = $"?limit={PageSize}" + (next is null ? "" : $"&continue={Uri.EscapeDataString(next)}");
            var page = await ReadAsync(kind.Path(ns) + query, $"list {kind.Plural}{In(ns)}", kind.ReadPageAsync, cancellationToken);
            items.AddRange(page.Items);
            if (page.Continue is null)
                return page with { Items = items };
            next = page.Continue;
        }
    }

    /// <summary>
    /// The version of every object, by its name, from the server's memory and no older than <paramref name="resourceVersion"/>: cheaper than a list.
    /// </summary>
    public async Task<IReadOnlyDictionary<string, string>> ListVersionsAsync<T>(
        ResourceKind<T> kind, string? ns, string resourceVersion, CancellationToken cancellationToken)
        where T : IResource
    {
        var query = $"?resourceVersion={Uri.EscapeDataString(resourceVersion)}&resourceVersionMatch=NotOlderThan";
        return await ReadAsync(kind.Path(ns) + query, $"list {kind.Plural}{In(ns)}", ReadVersionsAsync, cancellationToken, MetadataOnly);
    }

    /// <summary>
    /// Changes after a version, for as long as the server sends them and at most <paramref name="duration"/>. Yields null once, first: the server
    /// has accepted the watch.
    /// </summary>
    public async IAsyncEnumerable<WatchEvent?> WatchAsync<T>(
        ResourceKind<T> kind, string? ns, string resourceVersion, TimeSpan duration, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : IResource
    {
        var query = string.Create(CultureInfo.InvariantCulture,
            $"?watch=true&allowWatchBookmarks=true&timeoutSeconds={(int)duration.TotalSeconds}&resourceVersion={Uri.EscapeDataString(resourceVersion)}");
        using var request = ApiRequest.Get(kind.Path(ns) + query, $"watch {kind.Plural}{In(ns)}");
        using var response = await SendAsync(request, cancellationToken);
        yield return null;

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = JsonSerializer.DeserializeAsyncEnumerable(body, KubernetesJson.Default.WatchEvent, topLevelValues: true, cancellationToken);
        await foreach (var watchEvent in events)
            yield return watchEvent;
    }

    private static string In(string? ns) => ns is null ? "" : $" in namespace '{ns}'";

    private static async ValueTask<IReadOnlyDictionary<string, string>> ReadVersionsAsync(Stream json, CancellationToken cancellationToken)
    {
        var list = await JsonSerializer.DeserializeAsync(json, KubernetesJson.Default.MetadataList, cancellationToken) ?? throw new JsonException("null");
        return list.Items.ToDictionary(item => item.Metadata.Name ?? "", item => item.Metadata.ResourceVersion ?? "");
    }

    private async Task<TResult> ReadAsync<TResult>(
        string path, string what, Func<Stream, CancellationToken, ValueTask<TResult>> read, CancellationToken cancellationToken, string? accept = null)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var request = ApiRequest.Get(path, what);
            if (accept is not null)
                request.Headers.TryAddWithoutValidation("Accept", accept);
            using var response = await SendAsync(request, stop.Token);
            await using var body = await response.Content.ReadAsStreamAsync(stop.Token);
            return await read(body, stop.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(server.Context);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            throw KubernetesFaults.Unreadable(e, server.Context);
        }
    }

    /// <summary>Sends, and gives the server the usual time to begin its answer.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var response = await server.SendAsync(request, stop.Token);
            if (response.StatusCode == HttpStatusCode.OK)
                return response;
            using (response)
                throw await KubernetesFaults.ExceptionFromAsync(response, stop.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(server.Context);
        }
    }
}
