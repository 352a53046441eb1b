namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// Sources that several contexts have in common: two that name the same user of the same file run one plugin. They live as long as the clusters that
/// may use them.
/// </summary>
internal sealed class SharedSources : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RenewableCredentialSource> _sources = [];
    private bool _disposed;

    /// <param name="identity">Equal for those who may share.</param>
    public RenewableCredentialSource Get(string identity, Func<RenewableCredentialSource> create)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_sources.TryGetValue(identity, out var source))
                _sources.Add(identity, source = create());
            return source;
        }
    }

    public async ValueTask DisposeAsync()
    {
        RenewableCredentialSource[] sources;
        lock (_gate)
        {
            _disposed = true;
            sources = [.. _sources.Values];
        }

        await Task.WhenAll(sources.Select(source => source.DisposeAsync().AsTask()));
    }
}
