using System.Collections.Immutable;
using Kftray.Testing.Security;

namespace Kftray.Testing.Faults;

/// <summary>One request that arrived, whatever became of it.</summary>
/// <param name="User">Null when nobody could be authenticated.</param>
/// <param name="Resource">With its subresource; null for paths such as <c>/version</c>.</param>
/// <param name="Transport">The way of a port-forward: <c>spdy</c>, <c>tunnel</c>, <c>channels</c>.</param>
public sealed record ObservedRequest(
    string? User, string Verb, string? Resource, string? Namespace, string? Name, string Method, string PathAndQuery, string? Transport)
{
    /// <summary>How it presented itself.</summary>
    public RequestIdentity? Identity { get; init; }
}

/// <summary>What the server was asked, in order of arrival: tests count on it.</summary>
public sealed class ObservedRequests
{
    private readonly Signal _changed = new();
    private ImmutableList<ObservedRequest> _requests = [];

    internal ObservedRequests()
    {
    }

    public IReadOnlyList<ObservedRequest> All => _requests;

    public int Count(Func<ObservedRequest, bool> predicate) => _requests.Count(predicate);

    public void Clear() => ImmutableInterlocked.Update(ref _requests, _ => []);

    /// <summary>Waits until so many requests that match have arrived.</summary>
    public Task WaitAsync(Func<ObservedRequest, bool> predicate, CancellationToken cancellationToken, int count = 1) =>
        _changed.UntilAsync(() => Count(predicate) >= count, cancellationToken);

    internal void Add(ObservedRequest request)
    {
        ImmutableInterlocked.Update(ref _requests, requests => requests.Add(request));
        _changed.Set();
    }
}
