using System.Net.WebSockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward.Channels;

/// <summary>
/// What stands for a session where each connection is a WebSocket of its own: their common end. Nothing is kept open between them, so it
/// asks now and then whether the pod's node can still be reached; a WebSocket ping would be answered by a gateway whose node is dead.
/// </summary>
internal sealed class ChannelsSession : IPodSession
{
    /// <summary>How long the node may be out of reach.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // Each question is an entry in the node's log: while nothing was sent that wants an answer, they are rare.
    private static readonly TimeSpan SilenceAllowed = TimeSpan.FromSeconds(30);

    private readonly ChannelsTransport _transport;
    private readonly string _namespace;
    private readonly string _pod;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<Fault> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _watching;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly HashSet<ChannelsStream> _streams = [];
    private bool _isOver;
    private Task? _disposal;

    private long _lastHeard;
    private long _lastSent;

    public ChannelsSession(ChannelsTransport transport, string @namespace, string pod, TimeProvider time, ILogger logger)
    {
        (_transport, _namespace, _pod, _time, _logger) = (transport, @namespace, pod, time, logger);
        _lastHeard = time.GetTimestamp();
        _watching = WatchAsync(_closing.Token);
    }

    public TimeProvider Time => _time;

    public Task<Fault> Ended => _ended.Task;

    public bool IsUsable
    {
        get
        {
            lock (_lock)
                return !_isOver;
        }
    }

    public bool HasStreams
    {
        get
        {
            lock (_lock)
                return _streams.Count > 0;
        }
    }

    // None of its streams can be in the way of another.
    public SessionLoad Load => default;

    public long LastHeard => Volatile.Read(ref _lastHeard);

    public void Prod()
    {
        // Never the witness of another: sessions of different ways do not meet in a pool for long.
    }

    public async ValueTask<IPodStream> OpenAsync(
        int port, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(port, cancellationToken);
        OnReceived();
        var stream = new ChannelsStream(this, socket);
        lock (_lock)
            _streams.Add(stream);
        if (!IsUsable)
        {
            await stream.DisposeAsync();
            throw new EndOfConnectionException("The session to the pod has ended.");
        }

        await WriteFirstAsync(stream, firstBytes, cancellationToken);
        return stream;
    }

    private async Task<WebSocket> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(TransportChooser.Deadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await _transport.ConnectAsync(_namespace, _pod, port, either.Token);
        }
        catch (TransportRefusedException e)
        {
            throw Refused(e.Fault, e);
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Refused(TransportChooser.NoAnswer, e);
        }
    }

    // Not this way any more: the next session is opened another way.
    private ForwardException Refused(Fault fault, Exception inner)
    {
        End(fault);
        return new ForwardException(fault, inner);
    }

    private static async ValueTask WriteFirstAsync(ChannelsStream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (bytes.IsEmpty)
            return;
        try
        {
            using (cancellationToken.UnsafeRegister(static stream => ((ChannelsStream)stream!).Abort(), stream))
                await stream.WriteAsync(bytes);
        }
        catch (EndOfConnectionException) when (stream.Failure is not null)
        {
            // The application may have got the bytes, so they are not to be sent again. The stream says so.
        }
        catch (EndOfConnectionException)
        {
            await stream.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    public void OnReceived() => Volatile.Write(ref _lastHeard, _time.GetTimestamp());

    public void OnSent() => Volatile.Write(ref _lastSent, _time.GetTimestamp());

    public void OnHalfClose() => _transport.SayThatHalfCloseIsImpossible();

    public void Remove(ChannelsStream stream)
    {
        lock (_lock)
            _streams.Remove(stream);
    }

    public ValueTask DisposeAsync()
    {
        lock (_lock)
            return new(_disposal ??= Task.Run(CloseAsync));
    }

    private async Task CloseAsync()
    {
        End(new Fault(FaultKind.ConnectionLost, "The session to the pod was closed."));
        await _closing.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    private void End(Fault fault)
    {
        ChannelsStream[] streams;
        lock (_lock)
        {
            if (_isOver)
                return;
            _isOver = true;
            streams = [.. _streams];
        }

        foreach (var stream in streams)
            stream.OnSessionLost(fault);
        _ended.TrySetResult(fault);
    }

    private async Task WatchAsync(CancellationToken closing)
    {
        await Task.Yield();
        while (true)
        {
            await Task.Delay(Tick, _time, closing);
            var heard = LastHeard;
            var allowed = Volatile.Read(ref _lastSent) >= heard ? Tick : SilenceAllowed;
            if (_time.GetElapsedTime(heard) < allowed || await IsNodeReachedAsync(closing))
                continue;
            End(new Fault(FaultKind.ConnectionLost, $"The pod's node could not be reached for {Deadline.TotalSeconds:0} s."));
            return;
        }
    }

    // A gateway that restarts says 503 for a moment: that ends no connection.
    private async Task<bool> IsNodeReachedAsync(CancellationToken closing)
    {
        var asked = _time.GetTimestamp();
        using var deadline = new CancellationTokenSource(Deadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(closing, deadline.Token);
        try
        {
            while (LastHeard < asked)
            {
                if (await AskAsync(either.Token))
                    OnReceived();
                else
                    await Task.Delay(Retry, _time, either.Token);
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !closing.IsCancellationRequested)
        {
            // Whatever else arrived meanwhile is a proof as well.
        }

        return LastHeard >= asked;
    }

    private async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _transport.IsNodeReachedAsync(_namespace, _pod, cancellationToken);
        }
        catch (ForwardException e)
        {
            // Who may not ask, because the credentials have expired, learns nothing about the node.
            _logger.TransportFailed(e.Fault.Message);
            return e.Fault.Kind is not (FaultKind.ServerUnreachable or FaultKind.ConnectionLost or FaultKind.ServerError or FaultKind.TlsNotTrusted);
        }
    }
}
