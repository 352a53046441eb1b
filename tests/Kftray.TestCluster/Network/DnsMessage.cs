using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Kftray.Testing.Network;

/// <summary>What a name server answers to one question.</summary>
/// <param name="Code">0: fine, 2: server failure, 3: no such name.</param>
/// <param name="Aliases">The names that lead from the question to the addresses, without the first.</param>
internal sealed record DnsAnswer(int Code, IReadOnlyList<string> Aliases, IReadOnlyList<IPAddress> Addresses)
{
    public static readonly DnsAnswer NoSuchName = new(3, [], []);

    public static readonly DnsAnswer Failure = new(2, [], []);
}

/// <summary>The one question of a query.</summary>
/// <param name="Name">Lower case, without the last dot.</param>
internal sealed record DnsQuestion(ushort Id, bool WantsRecursion, string Name, ushort Type, ushort Class);

/// <summary>Queries and responses on the wire (RFC 1035, section 4), as far as address lookups need them.</summary>
internal static class DnsMessage
{
    public const int TypeA = 1;
    public const int TypeCname = 5;
    public const int TypeAaaa = 28;

    /// <summary>What every resolver takes over UDP; answers are cut to fit.</summary>
    public const int MaxLength = 512;

    private const int HeaderLength = 12;
    private const ushort TimeToLiveSeconds = 5;

    /// <returns>Null for what is no query with one question.</returns>
    public static DnsQuestion? Parse(ReadOnlySpan<byte> query)
    {
        if (query.Length < HeaderLength || (query[2] & 0x80) != 0 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1) return null;
        var labels = new List<string>();
        var at = HeaderLength;
        while (at < query.Length && query[at] != 0)
        {
            var length = query[at];
            if (length > 63 || at + 1 + length >= query.Length) return null;
            labels.Add(Encoding.ASCII.GetString(query.Slice(at + 1, length)).ToLowerInvariant());
            at += 1 + length;
        }

        if (at + 5 > query.Length) return null;
        return new DnsQuestion(
            BinaryPrimitives.ReadUInt16BigEndian(query),
            (query[2] & 1) != 0,
            string.Join('.', labels),
            BinaryPrimitives.ReadUInt16BigEndian(query[(at + 1)..]),
            BinaryPrimitives.ReadUInt16BigEndian(query[(at + 3)..]));
    }

    public static byte[] Write(DnsQuestion question, DnsAnswer answer)
    {
        using var message = new MemoryStream(MaxLength);
        WriteUInt16(message, question.Id);
        // Response, authoritative, recursion as asked for and available.
        WriteUInt16(message, (ushort)(0x8480 | (question.WantsRecursion ? 0x0100 : 0) | answer.Code));
        WriteUInt16(message, 1);
        for (var i = 0; i < 3; i++) WriteUInt16(message, 0);
        WriteName(message, question.Name);
        WriteUInt16(message, question.Type);
        WriteUInt16(message, question.Class);
        ushort count = 0;
        var owner = question.Name;
        foreach (var alias in answer.Aliases)
        {
            using var data = new MemoryStream();
            WriteName(data, alias);
            count += WriteRecord(message, owner, TypeCname, data.ToArray());
            owner = alias;
        }

        var family = question.Type switch { TypeA => AddressFamily.InterNetwork, TypeAaaa => AddressFamily.InterNetworkV6, _ => AddressFamily.Unspecified };
        foreach (var address in answer.Addresses.Where(address => address.AddressFamily == family))
            count += WriteRecord(message, owner, question.Type, address.GetAddressBytes());
        var bytes = message.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), count);
        return bytes;
    }

    /// <returns>The number of records written: none when it no longer fits.</returns>
    private static ushort WriteRecord(MemoryStream message, string owner, ushort type, byte[] data)
    {
        if (message.Length + owner.Length + 2 + 10 + data.Length > MaxLength) return 0;
        WriteName(message, owner);
        WriteUInt16(message, type);
        WriteUInt16(message, 1);
        WriteUInt16(message, 0);
        WriteUInt16(message, TimeToLiveSeconds);
        WriteUInt16(message, (ushort)data.Length);
        message.Write(data);
        return 1;
    }

    private static void WriteName(MemoryStream message, string name)
    {
        foreach (var label in name.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            message.WriteByte((byte)label.Length);
            message.Write(Encoding.ASCII.GetBytes(label));
        }

        message.WriteByte(0);
    }

    private static void WriteUInt16(MemoryStream message, ushort value)
    {
        message.WriteByte((byte)(value >> 8));
        message.WriteByte((byte)value);
    }
}
