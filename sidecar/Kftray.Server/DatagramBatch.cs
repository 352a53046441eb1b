using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kftray.Relay;

/// <summary>
/// Datagrams of one size that lie in one buffer, sent with one call where the system can (Linux: UDP_SEGMENT, udp(7)). Fifty at a time cost less than
/// half the processor time of fifty calls, most of which is not the calls but the way through the network stack.
/// </summary>
internal sealed partial class DatagramBatch
{
    // UDP_MAX_SEGMENTS of the first kernels that had it.
    private const int MostDatagrams = 64;

    // Together they must fit one datagram's length field.
    private const int MostBytes = 60_000;

    // Each must fit the way's packets: what is larger goes alone, in fragments. IPv6 promises 1,280 with its headers of 48.
    private const int LargestDatagram = 1232;

    private readonly int[] _offsets = new int[MostDatagrams];
    private int _length;

    // False once the system or a device on the way has said that it cannot.
    private bool _isSupported = OperatingSystem.IsLinux() && nint.Size == 8;

    public int Count { get; private set; }

    /// <summary>A place in the buffer.</summary>
    public (int Offset, int Length) this[int index] => (_offsets[index], _length);

    /// <summary>False when the datagram cannot go with those that are in already: send them first.</summary>
    public bool TryAdd(int offset, int length)
    {
        if (Count > 0)
        {
            var fits = _isSupported && length == _length && length is > 0 and <= LargestDatagram && Count < MostDatagrams && (Count + 1) * length <= MostBytes;
            if (!fits)
                return false;
        }

        _length = length;
        _offsets[Count++] = offset;
        return true;
    }

    public void Clear() => Count = 0;

    /// <summary>Sends all or none. <see cref="SocketError.OperationNotSupported"/>: they must be sent one by one.</summary>
    public SocketError TrySend(RelaySocket socket, byte[] buffer)
    {
        if (Count == 1)
            return socket.TrySend(buffer.AsSpan(_offsets[0], _length));
        if (!_isSupported)
            return SocketError.OperationNotSupported;
        switch (SendSegmented(socket, buffer))
        {
            case 0:
                return SocketError.Success;
            case Errno.Again:
                return SocketError.WouldBlock;
            case Errno.ConnectionRefused:
                return SocketError.ConnectionRefused;
            case Errno.BadDescriptor:
                return SocketError.OperationAborted;
            default:
                // A device without checksums of its own (EIO), a path with smaller packets (EINVAL, EMSGSIZE), an old kernel.
                _isSupported = false;
                return SocketError.OperationNotSupported;
        }
    }

    private unsafe int SendSegmented(RelaySocket socket, byte[] buffer)
    {
        var handle = socket.Handle;
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            fixed (byte* start = buffer)
            {
                var parts = stackalloc IoVector[Count];
                for (var i = 0; i < Count; i++)
                    parts[i] = new IoVector { Base = start + _offsets[i], Length = (nuint)_length };
                var control = new SegmentSize
                {
                    Length = (nuint)(sizeof(SegmentSize) - SegmentSize.Padding), Level = SegmentSize.SolUdp, Type = SegmentSize.UdpSegment, Size = (ushort)_length,
                };
                var message = new MessageHeader { Parts = parts, PartCount = (nuint)Count, Control = &control, ControlLength = (nuint)sizeof(SegmentSize) };
                return SendMessage((int)handle.DangerousGetHandle(), &message, 0) >= 0 ? 0 : Marshal.GetLastPInvokeError();
            }
        }
        catch (ObjectDisposedException)
        {
            return Errno.BadDescriptor;
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial nint SendMessage(int socket, MessageHeader* message, int flags);

    // errno(3) of Linux.
    private static class Errno
    {
        public const int BadDescriptor = 9;
        public const int Again = 11;
        public const int ConnectionRefused = 111;
    }

    // struct iovec, readv(2).
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Base;
        public nuint Length;
    }

    // struct msghdr, sendmsg(2), as 64-bit systems lay it out: glibc and musl differ only in what they call padding.
    [StructLayout(LayoutKind.Sequential)]
    [SuppressMessage("Performance", "CA1823", Justification = "The layout is the system's.")]
    private unsafe struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public IoVector* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public nuint Flags;
    }

    // struct cmsghdr, cmsg(3), and its data: the size of each datagram.
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    private struct SegmentSize
    {
        public const int Padding = 6;
        public const int SolUdp = 17;
        public const int UdpSegment = 103;

        public nuint Length;
        public int Level;
        public int Type;
        public ushort Size;
    }
}
