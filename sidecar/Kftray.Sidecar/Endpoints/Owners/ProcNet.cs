using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>Reads <c>/proc/net/tcp</c>, <c>tcp6</c>, <c>udp</c> and <c>udp6</c>. https://docs.kernel.org/networking/proc_net_tcp.html</summary>
internal static class ProcNet
{
    private const string ListenState = "0A";

    /// <summary>The sockets that listen on a port, with their inodes.</summary>
    /// <param name="onlyListening">True for TCP; a UDP socket that is bound receives.</param>
    public static IEnumerable<(IPAddress Address, long Inode)> Listeners(string table, int port, bool onlyListening)
    {
        // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
        foreach (var line in table.Split('\n').Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || (onlyListening && fields[3] != ListenState))
                continue;
            var colon = fields[1].LastIndexOf(':');
            if (colon > 0
                && int.TryParse(fields[1].AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var number) && number == port
                && Address(fields[1].AsSpan(0, colon)) is { } address
                && long.TryParse(fields[9], CultureInfo.InvariantCulture, out var inode))
            {
                yield return (address, inode);
            }
        }
    }

    /// <summary>The kernel prints the address as 32-bit words in the machine's own order.</summary>
    private static IPAddress? Address(ReadOnlySpan<char> hex)
    {
        if (hex.Length is not (8 or 32))
            return null;
        var bytes = new byte[hex.Length / 2];
        for (var word = 0; word < bytes.Length; word += 4)
        {
            if (!uint.TryParse(hex.Slice(word * 2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value))
                return null;
            if (BitConverter.IsLittleEndian)
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word), value);
            else
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(word), value);
        }

        return new IPAddress(bytes);
    }
}
