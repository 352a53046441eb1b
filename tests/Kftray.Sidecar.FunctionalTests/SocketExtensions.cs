using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>What a client does with a connection.</summary>
internal static class SocketExtensions
{
    public static async Task SendTextAsync(this Socket socket, string text, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> bytes = Encoding.UTF8.GetBytes(text);
        while (bytes.Length > 0)
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
    }

    /// <summary>Exactly so many characters, or fewer at the end of the stream.</summary>
    public static async Task<string> ReceiveTextAsync(this Socket socket, int length, CancellationToken cancellationToken)
    {
        var buffer = new byte[length];
        var filled = 0;
        while (filled < length)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(filled), cancellationToken);
            if (count == 0)
                break;
            filled += count;
        }

        return Encoding.UTF8.GetString(buffer, 0, filled);
    }

    /// <summary>Everything up to the end of the stream.</summary>
    public static async Task<string> ReceiveAllTextAsync(this Socket socket, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int count;
        while ((count = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken)) > 0)
            all.Write(buffer, 0, count);
        return Encoding.UTF8.GetString(all.ToArray());
    }

    /// <summary>Reads to the end and hashes what came.</summary>
    public static async Task<(long Length, string Sha256)> ReceiveHashAsync(this Socket socket, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[256 * 1024];
        long length = 0;
        int count;
        while ((count = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
        }

        return (length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>One round trip through an echo.</summary>
    public static async Task<string> EchoAsync(this Socket socket, string text, CancellationToken cancellationToken)
    {
        await socket.SendTextAsync(text, cancellationToken);
        return await socket.ReceiveTextAsync(text.Length, cancellationToken);
    }
}
