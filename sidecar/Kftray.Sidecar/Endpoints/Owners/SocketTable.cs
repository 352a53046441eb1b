using System.Buffers.Binary;
using System.Net;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>
/// The tables of the Windows IP helper, as bytes: a count, then rows of one layout. Numbers are little endian, ports big endian in the lower half.
/// https://learn.microsoft.com/windows/win32/api/tcpmib/ns-tcpmib-mib_tcprow_owner_pid and its siblings for IPv6 and UDP.
/// </summary>
internal static class SocketTable
{
    /// <param name="RowSize">Bytes of a row.</param>
    /// <param name="AddressOffset">Where the local address is.</param>
    /// <param name="AddressSize">4 or 16.</param>
    /// <param name="PortOffset">Where the local port is.</param>
    /// <param name="ProcessOffset">Where the process id is.</param>
    internal sealed record Layout(int RowSize, int AddressOffset, int AddressSize, int PortOffset, int ProcessOffset)
    {
        public static Layout Tcp4 { get; } = new(24, 4, 4, 8, 20);

        public static Layout Tcp6 { get; } = new(56, 0, 16, 20, 52);

        public static Layout Udp4 { get; } = new(12, 0, 4, 4, 8);

        public static Layout Udp6 { get; } = new(28, 0, 16, 20, 24);
    }

    public static IReadOnlyList<(IPAddress Address, int ProcessId)> Listeners(ReadOnlySpan<byte> table, Layout layout, int port)
    {
        var found = new List<(IPAddress, int)>();
        if (table.Length < 4)
            return found;
        var count = BinaryPrimitives.ReadUInt32LittleEndian(table);
        var rows = table[4..];
        for (var i = 0; i < count && rows.Length >= layout.RowSize; i++, rows = rows[layout.RowSize..])
        {
            if (BinaryPrimitives.ReadUInt16BigEndian(rows[layout.PortOffset..]) == port)
            {
                found.Add((
                    new IPAddress(rows.Slice(layout.AddressOffset, layout.AddressSize)),
                    BinaryPrimitives.ReadInt32LittleEndian(rows[layout.ProcessOffset..])));
            }
        }

        return found;
    }
}
