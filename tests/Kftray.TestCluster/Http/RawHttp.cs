using System.Globalization;
using System.Text;

namespace Kftray.Testing.Http;

/// <summary>Reads one HTTP/1.1 request from a stream, for servers that need no more.</summary>
internal static class RawHttp
{
    private const int MaxHeadBytes = 64 * 1024;

    /// <returns>The path, the headers by their names in lower case, and the body.</returns>
    /// <exception cref="IOException">The stream ended, or holds something else.</exception>
    public static async Task<(string Path, IReadOnlyDictionary<string, string> Headers, string Body)> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var lines = (await ReadHeadAsync(stream, cancellationToken)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0].ToLowerInvariant(), pair => pair[1].Trim());
        var body = new byte[headers.TryGetValue("content-length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
        // Nothing to read is not asked for: a socket would wait for the next byte.
        if (body.Length > 0) await stream.ReadExactlyAsync(body, cancellationToken);
        return lines[0].Split(' ') is [_, var path, _] ? (path, headers, Encoding.UTF8.GetString(body)) : throw new IOException("That is no HTTP request.");
    }

    /// <summary>Byte by byte, so that nothing of what follows is taken.</summary>
    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new byte[MaxHeadBytes];
        for (var length = 0; length < head.Length; length++)
        {
            await stream.ReadExactlyAsync(head.AsMemory(length, 1), cancellationToken);
            if (head.AsSpan(0, length + 1).EndsWith("\r\n\r\n"u8)) return Encoding.ASCII.GetString(head, 0, length - 3);
        }

        throw new IOException("The head of the request does not end.");
    }
}
