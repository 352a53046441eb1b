using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Kftray.Sidecar.Endpoints;

/// <summary>The local port of a forward that names none: the same for the same source and alias, as long as it is free.</summary>
internal static class StablePort
{
    // Below the ranges from which systems give out ports of their own accord (Linux: 32768 and up).
    private const int First = 20000;
    private const int Last = 32767;
    private const int Attempts = 64;

    /// <summary>A port that was asked for, and the next ones upward.</summary>
    public static IEnumerable<int> From(int port) => Enumerable.Range(port, Math.Min(Attempts, 65536 - port));

    /// <summary>The port to try first, and the next ones upward.</summary>
    public static IEnumerable<int> Candidates(string source, string alias)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{alias}"));
        var start = (int)(BinaryPrimitives.ReadUInt32LittleEndian(hash) % (Last - First + 1));
        return Enumerable.Range(0, Attempts).Select(step => First + (start + step) % (Last - First + 1));
    }
}
