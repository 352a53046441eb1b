using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Owns every forward. Makes what runs equal to what is wanted.</summary>
internal sealed class ForwardSet(
    ILocalEndpointBinder binder, ITargetResolver resolver, TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    public ForwardFeed Feed { get; } = new();

    /// <summary>Every known forward, in the order of the last apply.</summary>
    public IReadOnlyList<ForwardSnapshot> Snapshots => throw new NotSupportedException();

    /// <summary>Starts, stops, keeps and renames until exactly the enabled forwards of <paramref name="specs"/> run. Idempotent.</summary>
    public Task ApplyAsync(IReadOnlyList<ForwardSpec> specs, IReadOnlySet<string> enabled, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{binder} {resolver} {time} {loggers}");

    /// <summary>Tries at once what a reconnecting or failed forward waits for.</summary>
    /// <returns>False when no such forward is running.</returns>
    public bool Retry(string id) => throw new NotSupportedException(id);

    /// <summary>Closes the forward with its connections and starts it again.</summary>
    /// <returns>False when no such forward is running.</returns>
    public Task<bool> RestartAsync(string id) => throw new NotSupportedException(id);

    /// <summary>Closes every listener, then every connection and session, within 2 s.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
