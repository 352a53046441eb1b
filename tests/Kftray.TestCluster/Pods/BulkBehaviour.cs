using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>
/// Many bytes with nothing around them. The first line says what: <c>GET n</c> is answered with n bytes of <see cref="TestContent"/> and
/// the end; <c>PUT n</c> and n bytes with their SHA-256 in hex and a newline; <c>PUT</c> alone takes everything up to the client's end.
/// </summary>
internal static class BulkBehaviour
{
    private const int BufferSize = 128 * 1024;

    public static async Task ServeAsync(PodConnection connection, CancellationToken stopping)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var filled = 0;
            int newLine;
            while ((newLine = buffer.AsSpan(0, filled).IndexOf((byte)'\n')) < 0)
            {
                var count = await connection.ReceiveAsync(buffer.AsMemory(filled), stopping);
                if (count == 0) return;
                filled += count;
            }

            var words = Encoding.ASCII.GetString(buffer, 0, newLine).Split(' ', StringSplitOptions.TrimEntries);
            var length = words.Length > 1 ? long.Parse(words[1], CultureInfo.InvariantCulture) : long.MaxValue;
            if (words[0] == "GET") await SendAsync(connection, length, stopping);
            else await HashAsync(connection, buffer, newLine + 1, filled, length, stopping);
            connection.EndSending();
            // The client ends first or second, but it ends.
            while (await connection.ReceiveAsync(buffer, stopping) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task SendAsync(PodConnection connection, long length, CancellationToken stopping)
    {
        for (long sent = 0; sent < length;)
        {
            var piece = TestContent.At(sent, length - sent);
            await connection.SendAsync(piece, stopping);
            sent += piece.Length;
        }
    }

    private static async Task HashAsync(PodConnection connection, byte[] buffer, int start, int filled, long length, CancellationToken stopping)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(buffer.AsSpan(start, filled - start));
        var left = length - (filled - start);
        while (left > 0)
        {
            var count = await connection.ReceiveAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), stopping);
            if (count == 0) break;
            hash.AppendData(buffer.AsSpan(0, count));
            left -= count;
        }

        await connection.SendAsync(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset()) + "\n"), stopping);
    }
}
