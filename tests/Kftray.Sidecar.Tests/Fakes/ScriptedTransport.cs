using Kftray.Sidecar.PortForward;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>Gives these pieces, one a read, and then the end. Takes every write.</summary>
/// <param name="afterWrites">So many writes come before the first piece.</param>
internal sealed class ScriptedTransport(IEnumerable<byte[]> pieces, int afterWrites = 0) : DuplexStream
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writes;
    private readonly IEnumerator<byte[]> _pieces = pieces.GetEnumerator();
    private ReadOnlyMemory<byte> _rest;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (afterWrites > 0)
            await _started.Task.WaitAsync(cancellationToken);
        await Task.Yield();
        if (buffer.IsEmpty)
            return 0;
        while (_rest.IsEmpty)
        {
            if (!_pieces.MoveNext())
                return 0;
            _rest = _pieces.Current;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Interlocked.Increment(ref _writes) == afterWrites)
            _started.TrySetResult();
        return ValueTask.CompletedTask;
    }

    protected override void Dispose(bool disposing)
    {
        _started.TrySetResult();
        _pieces.Dispose();
        base.Dispose(disposing);
    }
}
