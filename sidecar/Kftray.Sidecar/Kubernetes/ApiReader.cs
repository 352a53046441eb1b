using System.Globalization;
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

    internal static readonly TimeSpan AnswerLimit = ApiCalls.AnswerLimit;

    // A server that does not know it sends whole objects.
    private const string MetadataOnly = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    private readonly ApiCalls _calls = new(server, time);

    public IApiServer Server => server;

    /// <summary>One object.</summary>
    public async Task<T> GetAsync<T>(ResourceKind<T> kind, string? ns, string name, CancellationToken cancellationToken)
        where T : IResource =>
        await ReadAsync(kind.Path(ns, name), $"get {kind.Plural}{In(ns)}", kind.ReadAsync, cancellationToken);

    /// <summary>All objects, page by page.</summary>
    /// <param name="ns">Null for those of every namespace.</param>
    /// <param name="selector">A label selector; null for all.</param>
    /// <param name="fields">A field selector; null for all.</param>
    /// <returns>The items, and the version of the whole that a watch begins after.</returns>
    public async Task<ResourcePage<T>> ListAsync<T>(
        ResourceKind<T> kind, string? ns, CancellationToken cancellationToken, string? selector = null, string? fields = null)
        where T : IResource
    {
        var items = new List<T>();
        string? next = null;
        while (true)
        {
            var query = $"?limit={PageSize}" + (next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")
                + (selector is null ? "" : $"&labelSelector={Uri.EscapeDataString(selector)}")
                + (fields is null ? "" : $"&fieldSelector={Uri.EscapeDataString(fields)}");
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
        using var response = await _calls.SendAsync(request, cancellationToken);
        yield return null;

        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = JsonSerializer.DeserializeAsyncEnumerable(body, KubernetesJson.Default.WatchEvent, topLevelValues: true, cancellationToken);
        await foreach (var watchEvent in events)
            yield return watchEvent;
    }

    /// <summary>What a container writes from now on, and the last lines before, for as long as the server sends it.</summary>
    /// <param name="write">Takes a piece; the next is read when it has.</param>
    public async Task FollowLogAsync(
        string ns, string pod, string? container, int tailLines, Func<string, CancellationToken, ValueTask> write, CancellationToken cancellationToken)
    {
        var query = string.Create(CultureInfo.InvariantCulture, $"/log?follow=true&tailLines={Math.Clamp(tailLines, 0, 10_000)}")
            + (container is null ? "" : $"&container={Uri.EscapeDataString(container)}");
        using var request = ApiRequest.Get(ResourceKinds.Pods.Path(ns, pod) + query, $"read the logs of pods{In(ns)}");
        using var response = await _calls.SendAsync(request, cancellationToken);
        using var text = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var buffer = new char[8192];
        try
        {
            while (await text.ReadAsync(buffer, cancellationToken) is > 0 and var length)
                await write(new string(buffer, 0, length), cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw KubernetesFaults.Unreadable(e, server.Context);
        }
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
        using var request = ApiRequest.Get(path, what);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await _calls.CallAsync(request, read, cancellationToken);
    }
}
