using System.Buffers.Binary;
using System.Net;

namespace Kftray.Relay.Tests;

/// <summary>Answers every question for an IPv4 address with the same one: RFC 1035, 4.1.</summary>
internal sealed class DnsServer(DatagramPeer peer, CancellationToken stopping) : IAsyncDisposable
{
    private const int HeaderLength = 12;
    private const ushort TypeA = 1;

    private Task _serving = Task.CompletedTask;

    /// <summary>What it says from now on.</summary>
    public IPAddress Answer { get; set; } = IPAddress.None;

    public DnsServer Start(IPAddress answer)
    {
        Answer = answer;
        _serving = ServeAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        peer.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            var (question, from) = await peer.ReceiveAsync();
            await peer.SendAsync(Reply(question, Answer), from);
        }
    }

    private static byte[] Reply(byte[] query, IPAddress address)
    {
        // The name's labels, the empty one, type and class.
        var end = HeaderLength;
        while (query[end] != 0)
            end += 1 + query[end];
        var type = BinaryPrimitives.ReadUInt16BigEndian(query.AsSpan(end + 1));
        end += 5;

        byte[] record = type == TypeA ? [0xC0, HeaderLength, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, .. address.GetAddressBytes()] : [];
        byte[] reply = [.. query[..end], .. record];
        // A response, recursion available, no error; one question, one record or none, nothing else.
        reply[2] = (byte)(0x80 | query[2]);
        reply[3] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(reply.AsSpan(6), (ushort)(record.Length > 0 ? 1 : 0));
        reply.AsSpan(8, 4).Clear();
        return reply;
    }
}
