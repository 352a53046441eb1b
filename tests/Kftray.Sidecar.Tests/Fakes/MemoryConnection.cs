using System.Text;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>
/// A duplex connection in memory. The engine holds it as <see cref="IDuplexConnection"/>; the test plays the other side with the methods
/// below the line.
/// </summary>
internal class MemoryConnection : IDuplexConnection
{
    public MemoryConnection(string arrived = "") => _written.Write(Encoding.UTF8.GetBytes(arrived));

    private readonly Lock _lock = new();
    private readonly Channel<byte[]> _incoming = Channel.CreateUnbounded<byte[]>();
    private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _writeBlocked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _lock.
    private readonly MemoryStream _written = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _stalled;

    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _incoming.Reader.ReadAsync(cancellationToken);
        }
        catch (ChannelClosedException e) when (e.InnerException is EndOfConnectionException end)
        {
            throw new EndOfConnectionException(end.Message);
        }
        catch (ChannelClosedException)
        {
            return ReadOnlyMemory<byte>.Empty;
        }
    }

    public ReadOnlyMemory<byte> TryRead() => _incoming.Reader.TryRead(out var bytes) ? bytes : default;

    public virtual async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        Task? stalled;
        lock (_lock)
            stalled = _stalled?.Task;
        if (stalled is not null)
        {
            _writeBlocked.TrySetResult();
            await Task.WhenAny(stalled, _aborted.Task);
        }

        if (_aborted.Task.IsCompleted)
            throw new EndOfConnectionException("Aborted.");
        lock (_lock)
        {
            _written.Write(bytes.Span);
            _changed.TrySetResult();
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public ValueTask CompleteWritesAsync()
    {
        _finished.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public void Abort()
    {
        _aborted.TrySetResult();
        _incoming.Writer.TryComplete(new EndOfConnectionException("Aborted."));
    }

    public ValueTask DisposeAsync()
    {
        _disposed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    // ——— The other side.

    /// <summary>Completes when the engine has ended its direction.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Completes when the engine has reset the connection.</summary>
    public Task Reset => _aborted.Task;

    /// <summary>Completes when the engine has let go of the connection.</summary>
    public Task Disposed => _disposed.Task;

    /// <summary>Completes when a write of the engine waits because of <see cref="StopReading"/>.</summary>
    public Task WriteBlocked => _writeBlocked.Task;

    /// <summary>What the engine has written, as text.</summary>
    public string Written
    {
        get
        {
            lock (_lock)
                return Encoding.UTF8.GetString(_written.ToArray());
        }
    }

    public void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    public void Send(byte[] bytes) => Assert.True(_incoming.Writer.TryWrite(bytes), "The connection is closed.");

    public void End() => _incoming.Writer.TryComplete();

    public void SendReset() => _incoming.Writer.TryComplete(new EndOfConnectionException("Reset by the other side."));

    /// <summary>Writes of the engine wait from now on.</summary>
    public void StopReading()
    {
        lock (_lock)
            _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Waits until exactly this has arrived from the engine, with the dial or after it.</summary>
    public async Task ReceivesAsync(string expected, CancellationToken timeout)
    {
        while (true)
        {
            Task changed;
            string written;
            lock (_lock)
            {
                changed = _changed.Task;
                written = Encoding.UTF8.GetString(_written.ToArray());
            }

            if (written == expected)
                return;
            Assert.StartsWith(written, expected, StringComparison.Ordinal);
            await changed.WaitAsync(timeout);
        }
    }
}

/// <summary>A stream to a pod whose other end the test plays.</summary>
internal sealed class ScriptedPodStream(PodTarget target, string firstBytes) : MemoryConnection(firstBytes), IPodStream
{
    public PodTarget Target { get; } = target;

    /// <summary>What travelled with the dial.</summary>
    public string FirstBytes { get; } = firstBytes;

    private readonly CancellationTokenSource _lost = new();

    public PodStreamFailure? Failure { get; private set; }

    public CancellationToken Lost => _lost.Token;

    /// <summary>Fails reads and writes from now on.</summary>
    public void Fail(PodStreamFailure failure)
    {
        Failure = failure;
        SendReset();
    }

    /// <summary>Its session is lost.</summary>
    public void Lose()
    {
        Fail(new(new Fault(FaultKind.ConnectionLost, "The session died."), ApplicationGotNothing: false));
        _lost.Cancel();
    }

    /// <summary>As the kubelet says it when nothing listens in the pod.</summary>
    public void Refuse() => Fail(new(new Fault(FaultKind.ConnectionRefused, "Nothing listens."), ApplicationGotNothing: true));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) =>
        Failure is { } failure ? throw new EndOfConnectionException(failure.Fault.Message) : base.WriteAsync(bytes);
}
