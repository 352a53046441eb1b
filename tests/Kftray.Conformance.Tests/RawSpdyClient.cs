using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Kftray.Testing;

namespace Kftray.Conformance.Tests;

/// <summary>A frame as the server sent it; type 0 is data.</summary>
internal sealed record RawFrame(int Type, uint Id, byte Flags, byte[] Payload)
{
    public bool IsFin => (Flags & 1) != 0;

    public string Text => Encoding.UTF8.GetString(Payload);
}

/// <summary>
/// SPDY written byte by byte over the upgrade, with headers in stored blocks and without the dictionary: kubectl shows that the server
/// reads its compressor, this shows that it reads ours, and lets a test send what kubectl never would.
/// </summary>
internal sealed class RawSpdyClient : IAsyncDisposable
{
    private readonly TcpClient _tcp;
    private readonly SslStream _stream;
    private readonly CancellationToken _timeout;
    private readonly List<RawFrame> _kept = [];
    private bool _hasBegun;

    private RawSpdyClient(TcpClient tcp, SslStream stream, CancellationToken timeout) => (_tcp, _stream, _timeout) = (tcp, stream, timeout);

    public static async Task<RawSpdyClient> ConnectAsync(TestCluster cluster, string pod, CancellationToken timeout)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync("127.0.0.1", cluster.Server.Port, timeout);
#pragma warning disable CA5359 // The certificate is another test's concern.
        var stream = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "127.0.0.1" }, timeout);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /api/v1/namespaces/shop/pods/{pod}/portforward HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {cluster.Users["admin"].Token}\r\n"
                + "Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: portforward.k8s.io\r\n\r\n"),
            timeout);
        var head = "";
        var one = new byte[1];
        while (!head.EndsWith("\r\n\r\n"))
        {
            await stream.ReadExactlyAsync(one, timeout);
            head += (char)one[0];
        }

        Assert.StartsWith("HTTP/1.1 101 ", head);
        return new RawSpdyClient(tcp, stream, timeout);
    }

    public ValueTask WriteAsync(params byte[][] frames) => _stream.WriteAsync(frames.SelectMany(frame => frame).ToArray(), _timeout);

    public byte[] SynStream(uint id, params (string Name, string Value)[] headers)
    {
        var block = new List<byte>(Word((uint)headers.Length));
        foreach (var text in headers.SelectMany(header => new[] { header.Name, header.Value }))
        {
            block.AddRange(Word((uint)text.Length));
            block.AddRange(Encoding.ASCII.GetBytes(text));
        }

        byte[] length = [(byte)block.Count, (byte)(block.Count >> 8), (byte)~block.Count, (byte)(~block.Count >> 8)];
        byte[] stored = [.. _hasBegun ? [] : (byte[])[0x78, 0x01], 0, .. length, .. block, 0, 0, 0, 0xFF, 0xFF];
        _hasBegun = true;
        return Control(1, (byte)(headers.Contains(("streamtype", "error")) ? 1 : 0), [.. Word(id), .. Word(0), 0, 0, .. stored]);
    }

    /// <summary>Both streams of a connection: the error stream has the id, the data stream the next one.</summary>
    public byte[] Open(uint id, int port = 8080) =>
    [
        .. SynStream(id, ("streamtype", "error"), ("port", $"{port}"), ("requestid", $"{id}")),
        .. SynStream(id + 2, ("streamtype", "data"), ("port", $"{port}"), ("requestid", $"{id}")),
    ];

    public static byte[] Data(uint id, ReadOnlySpan<byte> payload, bool isFin = false) =>
        [.. Word(id), (byte)(isFin ? 1 : 0), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    public static byte[] Ping(uint id) => Control(6, 0, Word(id));

    public static byte[] Reset(uint id) => Control(3, 0, [.. Word(id), .. Word(5)]);

    public async Task<RawFrame> ReadAsync()
    {
        var header = new byte[8];
        await _stream.ReadExactlyAsync(header, _timeout);
        var first = BinaryPrimitives.ReadUInt32BigEndian(header);
        var payload = new byte[(header[5] << 16) | (header[6] << 8) | header[7]];
        await _stream.ReadExactlyAsync(payload, _timeout);
        return (first & 0x8000_0000) == 0
            ? new RawFrame(0, first, header[4], payload)
            : new RawFrame((int)(first & 0xFFFF), BinaryPrimitives.ReadUInt32BigEndian(payload), header[4], payload);
    }

    /// <summary>The next frame of that stream or ping. Others are kept: the order of frames of different streams is not given.</summary>
    public async Task<RawFrame> ReadAsync(int type, uint id)
    {
        if (_kept.Find(kept => kept.Type == type && kept.Id == id) is { } earlier)
        {
            _kept.Remove(earlier);
            return earlier;
        }

        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Type == type && frame.Id == id) return frame;
            _kept.Add(frame);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _tcp.Dispose();
    }

    private static byte[] Control(int type, byte flags, byte[] payload) =>
        [0x80, 0x03, 0, (byte)type, flags, (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, .. payload];

    private static byte[] Word(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
