using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Kftray.Relay;

/// <summary>The events of epoll_ctl(2).</summary>
[Flags]
internal enum PollEvents : uint
{
    None = 0,
    In = 0x1,
    Priority = 0x2,
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,
    PeerEnd = 0x2000,
    EdgeTriggered = 0x8000_0000,

    MoreThanBytes = Priority | Error | HangUp | PeerEnd,
    Readable = In | MoreThanBytes,
    Writable = Out | Error | HangUp,
}

/// <summary>
/// Tells sockets when they may be tried again: epoll(7), edge-triggered. One thread, on which what waits goes on at once: it finds many sockets
/// ready each time and is woken seldom, and a message and its answer save two changes of thread. The loops see to it that none keeps that thread
/// (<see cref="Turns"/>), so that streams that need more than one core have them.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class Poller
{
    private const int EventsAtATime = 256;

    // EPOLL_CLOEXEC, EPOLL_CTL_ADD.
    private const int CloseOnExec = 0x8_0000;
    private const int ControlAdd = 1;

    // struct epoll_event is packed on x86 and nowhere else.
    private static readonly bool s_isPacked = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86;
    private static readonly int s_dataOffset = s_isPacked ? 4 : 8;
    private static readonly int s_eventSize = s_isPacked ? 12 : 16;
    private static readonly Lazy<Poller> s_shared = new(() => new Poller());

    private readonly Lock _lock = new();
    private readonly int _epoll;

    // By the socket's number.
    private volatile PolledSocket?[] _sockets = new PolledSocket?[64];
    private uint _added;

    /// <exception cref="SocketException">The system has no room for it.</exception>
    private Poller()
    {
        _epoll = EpollCreate(CloseOnExec);
        if (_epoll < 0)
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        new Thread(Run) { IsBackground = true, Name = "poller" }.Start();
    }

    public static Poller Shared => s_shared.Value;

    /// <summary>From now on the socket is told its events, the present ones first.</summary>
    /// <exception cref="SocketException">The system has no room for one more.</exception>
    public void Add(PolledSocket socket)
    {
        var number = NumberOf(socket);
        lock (_lock)
        {
            if (number >= _sockets.Length)
            {
                var more = new PolledSocket?[Math.Max(number + 1, 2 * _sockets.Length)];
                _sockets.CopyTo(more, 0);
                _sockets = more;
            }

            socket.Generation = ++_added;
            _sockets[number] = socket;
        }

        var wanted = stackalloc byte[s_eventSize];
        *(PollEvents*)wanted = PollEvents.In | PollEvents.Priority | PollEvents.Out | PollEvents.PeerEnd | PollEvents.EdgeTriggered;
        *(ulong*)(wanted + s_dataOffset) = ((ulong)socket.Generation << 32) | (uint)number;
        if (EpollControl(_epoll, ControlAdd, number, wanted) == 0)
            return;
        Remove(socket);
        throw new SocketException((int)SocketError.NoBufferSpaceAvailable);
    }

    /// <summary>To be called before the socket is closed, which ends its events.</summary>
    public void Remove(PolledSocket socket)
    {
        lock (_lock)
            _sockets[NumberOf(socket)] = null;
    }

    private static int NumberOf(PolledSocket socket) => (int)socket.Handle.DangerousGetHandle();

    private void Run()
    {
        var events = stackalloc byte[EventsAtATime * s_eventSize];
        while (true)
        {
            // Less than none: interrupted by a signal.
            var count = EpollWait(_epoll, events, EventsAtATime, timeout: -1);
            for (var i = 0; i < count; i++)
            {
                var one = events + (i * s_eventSize);
                var data = *(ulong*)(one + s_dataOffset);
                // Otherwise the number has become another's while the event was on its way.
                if (_sockets[(int)(uint)data] is { } socket && socket.Generation == data >> 32)
                    socket.OnEvents(*(PollEvents*)one);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollControl(int epoll, int operation, int socket, byte* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int EpollWait(int epoll, byte* events, int most, int timeout);
}
