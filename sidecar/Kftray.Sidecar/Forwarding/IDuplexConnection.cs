namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// A duplex byte stream with half-close: a local client's connection or a stream to a pod.
/// One reader and one writer at a time. Ends that happen in ordinary operation surface as <see cref="EndOfConnectionException"/>.
/// </summary>
internal interface IDuplexConnection : IAsyncDisposable
{
    /// <summary>
    /// Waits for bytes and lends them: the memory is valid until the next call or the disposal, so that bytes travel from the parser of
    /// one side to the socket of the other without a copy. The next call is also what says that they were used: back-pressure.
    /// </summary>
    /// <returns>At least one byte; nothing when the other side has ended its direction.</returns>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Lends bytes that have arrived already, as <see cref="ReadAsync"/> does, and nothing when it would have to wait.</summary>
    ReadOnlyMemory<byte> TryRead() => default;

    /// <summary>Writes all of it. Completes when more may be written. A write is never cancelled half way: <see cref="Abort"/> ends it.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends our direction and leaves the other one open.</summary>
    ValueTask CompleteWritesAsync();

    /// <summary>Ends both directions at once, so that the other side sees a reset. Safe at any time, more than once.</summary>
    void Abort();
}

/// <summary>The connection ended in a way that happens in ordinary operation: reset, aborted, session lost.</summary>
internal sealed class EndOfConnectionException(string message, Exception? inner = null) : IOException(message, inner);
