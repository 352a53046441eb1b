using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Kftray.Relay;

/// <summary>
/// Waits by <see cref="Poller"/>. Against .NET's own waiting this saves, for each message of a connection, the read that finds nothing: one that
/// did not fill its buffer has emptied the socket, and what comes later is a later event (epoll(7), questions and answers).
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed partial class PolledSocket : RelaySocket
{
    // errno(3), and send(2): no signal for a peer that is gone.
    private const int WouldBlock = 11;
    private const int InProgress = 115;
    private const int NoSignal = 0x4000;

    private readonly Poller _poller;

    // Taken back before the system is asked, so that what happens from then on sets them.
    private readonly Signal _readable = new();
    private readonly Signal _writable = new();

    // There is or was something other than bytes, before which a read ends early: the end, an error, urgent data.
    private volatile bool _hasMoreThanBytes;
    private int _isClosed;

    public PolledSocket(Socket socket, Poller poller)
        : base(socket)
    {
        _poller = poller;
        _readable.Set();
        poller.Add(this);
    }

    /// <exception cref="SocketException">The system, or the other side, does not connect them.</exception>
    public static async Task<RelaySocket> ConnectAsync(Socket socket, IPEndPoint address, CancellationToken connecting)
    {
        socket.Blocking = false;
        // Not by .NET's socket, which throws an exception for what is under way; only for the error in its terms.
        if (!TryConnect(socket.SafeHandle, address.Serialize()))
            socket.Connect(address);

        // Polled from now on and not from before: an unconnected one counts as hung up.
        var connection = (PolledSocket)Of(socket);
        try
        {
            using (connecting.UnsafeRegister(static signal => ((Signal)signal!).Wake(), connection._writable))
                await connection._writable.WaitAsync();
            connecting.ThrowIfCancellationRequested();
            var error = (SocketError)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
            return error == SocketError.Success ? connection : throw new SocketException((int)error);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>For the poller: tells it from earlier ones of the same number.</summary>
    public uint Generation { get; set; }

    public override ValueTask WaitReadableAsync() => _readable.WaitAsync();

    public override async ValueTask WaitReadableUntilAsync(CancellationToken cancelled)
    {
        using (cancelled.UnsafeRegister(static signal => ((Signal)signal!).Wake(), _readable))
            await _readable.WaitAsync();
        cancelled.ThrowIfCancellationRequested();
    }

    public override ValueTask SendAllAsync(ReadOnlyMemory<byte> data)
    {
        var sent = Send(data.Span);
        return sent == data.Length ? ValueTask.CompletedTask : SendRestAsync(data[sent..]);
    }

    public override async ValueTask<SocketError> SendWhenThereIsRoomAsync(ReadOnlyMemory<byte> datagram)
    {
        while (true)
        {
            _writable.Reset();
            var error = TrySend(datagram.Span);
            if (error != SocketError.WouldBlock)
                return error;
            await _writable.WaitAsync();
        }
    }

    public override SocketError TryReceive(Span<byte> destination, out int count)
    {
        _readable.Reset();
        var error = base.TryReceive(destination, out count);
        var isEmptied = error == SocketError.WouldBlock || (error == SocketError.Success && count < destination.Length && IsStream && !_hasMoreThanBytes);
        if (!isEmptied)
            _readable.Set();
        return error;
    }

    /// <summary>For the poller: what waits goes on within these calls.</summary>
    public void OnEvents(PollEvents events)
    {
        if ((events & PollEvents.MoreThanBytes) != 0)
            _hasMoreThanBytes = true;
        if ((events & PollEvents.Readable) != 0)
            _readable.Set();
        if ((events & PollEvents.Writable) != 0)
            _writable.Set();
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        // Before its number can be another's.
        _poller.Remove(this);
        base.Dispose();
        _readable.End();
        _writable.End();
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> data)
    {
        while (true)
        {
            _writable.Reset();
            data = data[Send(data.Span)..];
            if (data.IsEmpty)
                return;
            await _writable.WaitAsync();
        }
    }

    private static unsafe bool TryConnect(SafeSocketHandle socket, SocketAddress address)
    {
        fixed (byte* start = address.Buffer.Span)
            return Connect(socket, start, (uint)address.Size) == 0 || Marshal.GetLastPInvokeError() == InProgress;
    }

    // Not by .NET's socket: it sends as much as there is room for and then says that there is no room, and not how much it has sent.
    private unsafe int Send(ReadOnlySpan<byte> data)
    {
        nint sent;
        fixed (byte* start = data)
            sent = Send(Handle, start, (nuint)data.Length, NoSignal);
        if (sent >= 0)
            return (int)sent;
        return Marshal.GetLastPInvokeError() == WouldBlock ? 0 : throw new SocketException((int)SocketError.ConnectionReset);
    }

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Connect(SafeSocketHandle socket, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint Send(SafeSocketHandle socket, byte* data, nuint length, int flags);
}
