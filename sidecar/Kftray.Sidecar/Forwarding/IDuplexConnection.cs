namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// A duplex byte stream with half-close: a local client's connection or a stream to a pod.
/// One reader and one writer at a time. Expected ends surface as <see cref="EndOfConnectionException"/>.
/// </summary>
internal interface IDuplexConnection : IAsyncDisposable
{
    /// <summary>Reads what has arrived.</summary>
    /// <returns>The number of bytes; 0 when the other side has ended its direction.</returns>
    ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes all of it. Completes when more may be written: this is the back-pressure.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Ends our direction and leaves the other one open.</summary>
    ValueTask CompleteWritesAsync(CancellationToken cancellationToken);

    /// <summary>Ends both directions at once, so that the other side sees a reset. Safe to call at any time, more than once.</summary>
    void Abort();
}

/// <summary>The connection ended in a way that happens in ordinary operation: reset, aborted, session lost.</summary>
internal sealed class EndOfConnectionException(string message, Exception? inner = null) : IOException(message, inner);
