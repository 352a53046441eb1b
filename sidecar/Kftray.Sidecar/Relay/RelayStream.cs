using System.Text;
using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>
/// A stream through a relay's control port: the relay's status comes first and is taken off; a refusal is the stream's failure. In a flow of
/// datagrams the relay may say later that something went wrong; that is taken out too, and told to <paramref name="report"/>.
/// </summary>
internal sealed class RelayStream(IPodStream inner, bool isDatagrams, Action<RelayStatus, string> report) : IPodStream
{
    private readonly StatusReader _status = new();
    private readonly byte[] _header = new byte[RelayProtocol.FrameHeaderLength];
    private ReadOnlyMemory<byte> _unread;
    private bool _isAnswered;
    private int _headerCount;
    private int _payloadLeft;
    private int _controlLeft;
    private PodStreamFailure? _failure;

    public PodStreamFailure? Failure => _failure ?? inner.Failure switch
    {
        { Fault.Kind: FaultKind.ConnectionRefused } refused => refused with { Fault = RelayFaults.NoAnswer },
        var other => other,
    };

    public CancellationToken Lost => inner.Lost;

    // Once a connection is let in there is nothing to take out any more.
    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken) =>
        _isAnswered && !isDatagrams && _unread.IsEmpty ? inner.ReadAsync(cancellationToken) : ReadWithoutStatusAsync(cancellationToken);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes) => inner.WriteAsync(bytes);

    public ValueTask CompleteWritesAsync() => inner.CompleteWritesAsync();

    public void Abort() => inner.Abort();

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<ReadOnlyMemory<byte>> ReadWithoutStatusAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_unread.IsEmpty)
                _unread = await inner.ReadAsync(cancellationToken);
            if (_unread.IsEmpty)
                return _isAnswered ? default : throw Fail(new(RelayFaults.NoAnswer, ApplicationGotNothing: false));
            if (!_isAnswered)
                TakeAnswer();
            else if (Next() is { IsEmpty: false } bytes)
                return bytes;
        }
    }

    private void TakeAnswer()
    {
        _unread = _unread[_status.Take(_unread.Span)..];
        if (!_status.IsComplete)
            return;
        _isAnswered = true;
        var (status, text) = _status.Read();
        if (status != RelayStatus.Ok)
            throw Fail(RelayFaults.From(status, text));
    }

    /// <summary>As much of what is unread as belongs to the client and lies together; nothing when there is none in it.</summary>
    private ReadOnlyMemory<byte> Next()
    {
        if (!isDatagrams)
            return TakeUnread(_unread.Length);
        if (_controlLeft > 0)
        {
            TakeControl();
            return default;
        }

        if (_headerCount > 0)
            return FinishHeader();

        var end = 0;
        while (true)
        {
            var part = Math.Min(_payloadLeft, _unread.Length - end);
            end += part;
            _payloadLeft -= part;
            var left = _unread.Length - end;
            if (left < RelayProtocol.FrameHeaderLength || !Begin(_unread.Span[end..]))
                break;
            end += RelayProtocol.FrameHeaderLength;
        }

        var bytes = TakeUnread(end);
        if (_controlLeft > 0)
            TakeUnread(RelayProtocol.FrameHeaderLength);
        else
            KeepHeader();
        return bytes;
    }

    /// <returns>False when it is a control frame that begins there, which is not the client's.</returns>
    private bool Begin(ReadOnlySpan<byte> header)
    {
        switch (RelayProtocol.ReadFrameHeader(header, out var length))
        {
            case RelayFrameKind.Datagram:
                _payloadLeft = length;
                return true;
            case RelayFrameKind.Control:
                _controlLeft = length;
                _status.Clear();
                return false;
            default:
                throw Fail(new(new Fault(FaultKind.RelayFailed, "The relay sent something that is no datagram."), ApplicationGotNothing: false));
        }
    }

    // The beginning of a header at the end of a piece: kept until it is known whose it is.
    private void KeepHeader()
    {
        _unread.CopyTo(_header);
        _headerCount = _unread.Length;
        _unread = default;
    }

    private ReadOnlyMemory<byte> FinishHeader()
    {
        var count = Math.Min(_header.Length - _headerCount, _unread.Length);
        TakeUnread(count).CopyTo(_header.AsMemory(_headerCount));
        _headerCount += count;
        if (_headerCount < _header.Length)
            return default;
        _headerCount = 0;
        return Begin(_header) ? _header : default;
    }

    private void TakeControl()
    {
        var bytes = TakeUnread(Math.Min(_controlLeft, _unread.Length));
        _controlLeft -= bytes.Length;
        _status.Take(bytes.Span);
        if (_controlLeft > 0)
            return;
        if (!_status.IsComplete)
            throw Fail(new(new Fault(FaultKind.RelayFailed, "The relay sent half a status."), ApplicationGotNothing: false));
        var (status, text) = _status.Read();
        report(status, text);
    }

    private ReadOnlyMemory<byte> TakeUnread(int count)
    {
        var taken = _unread[..count];
        _unread = _unread[count..];
        return taken;
    }

    private EndOfConnectionException Fail(PodStreamFailure failure)
    {
        _failure = failure;
        inner.Abort();
        return new EndOfConnectionException(failure.Fault.Message);
    }

    /// <summary>Collects a status, however it is cut into pieces.</summary>
    internal sealed class StatusReader
    {
        private readonly byte[] _bytes = new byte[RelayProtocol.MaxStatusLength];
        private int _count;

        public bool IsComplete => _count >= RelayProtocol.StatusHeaderLength && _count == Length();

        public void Clear() => _count = 0;

        /// <returns>How many of the bytes belong to the status.</returns>
        /// <exception cref="EndOfConnectionException">No relay says this.</exception>
        public int Take(ReadOnlySpan<byte> bytes)
        {
            var taken = 0;
            while (taken < bytes.Length && !IsComplete)
            {
                _bytes[_count++] = bytes[taken++];
            }

            return taken;
        }

        public (RelayStatus Status, string Text) Read()
        {
            RelayProtocol.TryReadStatusHeader(_bytes, out var status, out var length);
            var text = Encoding.UTF8.GetString(_bytes, RelayProtocol.StatusHeaderLength, length);
            // It goes into rows and logs.
            return (status, string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)));
        }

        private int Length() => RelayProtocol.TryReadStatusHeader(_bytes, out _, out var textLength)
            ? RelayProtocol.StatusHeaderLength + textLength
            : throw new EndOfConnectionException("The relay sent a status that is none.");
    }
}
