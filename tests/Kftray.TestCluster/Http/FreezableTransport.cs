using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Kftray.Testing.Http;

/// <summary>The bytes of one connection, below TLS: frozen while its <see cref="OpenConnection"/> is, and sent late where there is latency.</summary>
/// <param name="closed">The client has closed or reset the connection.</param>
internal sealed class FreezableTransport(
    IDuplexPipe inner, OpenConnection connection, Func<TimeSpan> latency, TimeProvider time, CancellationToken closed) : IDuplexPipe
{
    public PipeReader Input { get; } = new FreezableReader(inner.Input, connection, closed);

    public PipeWriter Output { get; } = new FreezableWriter(inner.Output, connection, latency, time, closed);

    /// <exception cref="ConnectionAbortedException">Closed while it was frozen: nothing of what was on its way arrives.</exception>
    private static async ValueTask PassAsync(OpenConnection connection, CancellationToken closed, CancellationToken cancellationToken)
    {
        while (!connection.Passable.IsCompleted)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(closed, cancellationToken);
            try
            {
                await connection.Passable.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (closed.IsCancellationRequested)
            {
                throw new ConnectionAbortedException("The connection was closed while it was frozen.");
            }
        }
    }

    private sealed class FreezableReader(PipeReader inner, OpenConnection connection, CancellationToken closed) : PipeReader
    {
        public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        // After the read: what arrives while the connection is frozen has not arrived.
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var result = await inner.ReadAsync(cancellationToken);
            await PassAsync(connection, closed, cancellationToken);
            return result;
        }

        public override bool TryRead(out ReadResult result)
        {
            result = default;
            return connection.Passable.IsCompleted && inner.TryRead(out result);
        }
    }

    private sealed class FreezableWriter(
        PipeWriter inner, OpenConnection connection, Func<TimeSpan> latency, TimeProvider time, CancellationToken closed) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            if (latency() is { Ticks: > 0 } late) await Task.Delay(late, time, cancellationToken);
            await PassAsync(connection, closed, cancellationToken);
            return await inner.FlushAsync(cancellationToken);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);
    }
}
