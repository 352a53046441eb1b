using System.Net.Sockets;

namespace Kftray.Testing.Network;

/// <summary>Large receive buffers, so that what is lost is lost by what a test looks at and not by the test's own sockets.</summary>
public static class SocketBuffers
{
    public const int Size = 4 * 1024 * 1024;

    // asm-generic/socket.h: beyond net.core.rmem_max, for those with CAP_NET_ADMIN.
    private const int SolSocket = 1;
    private const int SoReceiveBufferForce = 33;

    public static void Enlarge(Socket socket)
    {
        socket.ReceiveBufferSize = Size;
        if (!OperatingSystem.IsLinux() || socket.ReceiveBufferSize >= Size) return;
        try
        {
            socket.SetRawSocketOption(SolSocket, SoReceiveBufferForce, BitConverter.GetBytes(Size));
        }
        catch (SocketException)
        {
            // Not allowed: as much as the machine gives everybody.
        }
    }
}
