using System.Security.Cryptography;

namespace Kftray.Testing.Pods;

/// <summary>
/// The bytes that pods send when they are asked for many: the same for everybody, so that both ends know the checksum. A random block,
/// repeated; its length is odd, so that a lost or doubled buffer shows.
/// </summary>
public static class TestContent
{
    private static readonly byte[] Block = Make();

    /// <summary>The content's bytes from an offset, at least one and as many as lie together.</summary>
    public static ReadOnlyMemory<byte> At(long offset, long atMost)
    {
        var start = (int)(offset % Block.Length);
        return Block.AsMemory(start, (int)Math.Min(atMost, Block.Length - start));
    }

    /// <summary>Lower-case hex of the SHA-256 of the first bytes of the content.</summary>
    public static string Sha256(long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long offset = 0; offset < length;)
        {
            var piece = At(offset, length - offset);
            hash.AppendData(piece.Span);
            offset += piece.Length;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static byte[] Make()
    {
        var block = new byte[1_048_573];
        new Random(20260101).NextBytes(block);
        return block;
    }
}
