using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Net.WebSockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Channels;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Nerdbank.Streams;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>What is written reads as the same, and whatever a server sends ends what it breaks: no hang, and no memory without bound.</summary>
public sealed class AnyBytesTests : TestBase
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // Half of what comes: other tests use memory too.
    private const long Bound = 50 * 1024 * 1024;

    // Both streams are open before the first of it comes.
    private const int TwoOpened = 2;

    [Fact]
    public void FrameHeader_OfAnyValues_ReadsAsItWasWritten() =>
        Prop.ForAll<int, byte, int>((id, flags, length) =>
        {
            (id, length) = (id & int.MaxValue, length & SpdyFrameHeader.MaxLength);
            Span<byte> bytes = stackalloc byte[SpdyFrameHeader.Size];
            SpdyFrameHeader.WriteData(bytes, id, flags, length);
            var data = SpdyFrameHeader.Parse(bytes);
            SpdyFrameHeader.WriteControl(bytes, SpdyControl.GoAway, flags, length);
            var control = SpdyFrameHeader.Parse(bytes);
            return data == new SpdyFrameHeader(false, default, id, flags, length)
                && control == new SpdyFrameHeader(true, SpdyControl.GoAway, 0, flags, length);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void HeaderBlocks_OfAnyStrings_InflateToWhatWasWritten() =>
        Prop.ForAll<string[]>(values =>
        {
            var written = new ArrayBufferWriter<byte>();
            values = [.. (values ?? []).Take(100).Select(value => value ?? "")];
            for (var i = 0; i < values.Length; i++)
                SpdyHeaderBlock.Write(written, first: i == 0, ("name", values[i]), ("", "x"));
            return values.SequenceEqual(ReadBlocks(written.WrittenSpan, values.Length), Utf8Equal.Instance);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Spdy_OfAnyBytes_EndsTheSessionAndItsStreams() =>
        Prop.ForAll<byte[]>(bytes => EndsSession(new ScriptedTransport([bytes ?? []], TwoOpened))).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Spdy_OfAnyFrames_CutAnywhere_EndsTheSessionAndItsStreams() =>
        Prop.ForAll(Pieces(Gen.ListOf(Frames(), 12).Select(frames => frames.SelectMany(frame => frame).ToArray())).ToArbitrary(), pieces => EndsSession(new ScriptedTransport(pieces, TwoOpened)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Tunnel_OfAnyBytes_EndsTheSessionAndItsStreams() =>
        Prop.ForAll(Pieces(WebSocketWire()).ToArbitrary(), pieces => EndsSession(new WebSocketTunnelStream(ClientOf(new ScriptedTransport(pieces, TwoOpened)))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Tunnel_OfAnyMessages_CarriesTheSameBytes() =>
        Prop.ForAll(Pieces(Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), 3000)).ToArbitrary(), pieces => Finishes(async () =>
        {
            await using var tunnel = new WebSocketTunnelStream(ClientOf(new ScriptedTransport([.. pieces.Select((piece, i) => ServerMessage(piece, starts: i % 3 == 0, ends: i % 3 == 2))])));
            var all = pieces.SelectMany(piece => piece).ToArray();
            var read = new byte[all.Length];
            await tunnel.ReadExactlyAsync(read, TimeoutToken);
            return read.SequenceEqual(all);
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Channels_OfAnyBytes_EndTheirStream() =>
        Prop.ForAll(Pieces(WebSocketWire()).ToArbitrary(), pieces => Finishes(async () =>
        {
            var server = new ScriptedServer();
            server.OnGet = () => server.Accepted("v4.channel.k8s.io", new ScriptedTransport(pieces, afterWrites: 1));
            var transport = new ChannelsTransport(server, Time, Log);
            await using var session = await transport.OpenAsync("default", "web-0", new ScriptedWitness(), TimeoutToken);
            await using var stream = await session.OpenAsync(80, "GET /"u8.ToArray(), Grace, TimeoutToken);
            await ReadToEndAsync(stream);
            return true;
        })).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public async Task Sentences_WithoutEnd_AreNotKept()
    {
        var sentence = SpdyPeer.Data(1, new byte[64 * 1024]);
        await using var transport = new ScriptedTransport(Enumerable.Repeat(sentence, 1600), afterWrites: 1);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var session = new SpdySession(transport, new ScriptedWitness(), Time, Log);
        await using var stream = await session.OpenAsync(80, default, Grace, TimeoutToken);

        await session.Ended.WaitAsync(TimeoutToken);

        // 100 MiB came.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Bound);
        Assert.InRange(stream.Failure!.Fault.Message.Length, 0, 1000);
    }

    [Fact]
    public async Task Pings_OfAServerThatDoesNotRead_AreNotGathered()
    {
        await using var peer = new SpdyPeer();
        await using var session = new SpdySession(peer.Transport, new ScriptedWitness(), Time, Log);
        var blocked = peer.Transport.Block();
        await peer.SendAsync(SpdyPeer.Ping(2));
        await blocked.WaitAsync(TimeoutToken);
        var pings = Enumerable.Repeat(SpdyPeer.Ping(2), 100_000).SelectMany(ping => ping).ToArray();
        for (var i = 0; i < 20; i++)
            await peer.SendAsync(pings);
        await peer.SendAsync(SpdyPeer.GoAway());
        while (session.IsUsable)
            await Task.Yield();

        peer.Transport.Unblock();
        while (peer.Transport.Writes.Count < 2)
            await Task.Yield();

        // 24 MB of them came.
        Assert.InRange(peer.Transport.Writes.Sum(write => write.Length), 12, 1024 * 1024);
    }

    [Theory]
    [InlineData(0x8003_0002u, 0x00FF_FFFFu, "16777215 bytes")]
    [InlineData(0x8002_0006u, 4u, "another version")]
    [InlineData(0x8003_0003u, 4u, "short RST_STREAM")]
    [InlineData(0x8003_0006u, 0u, "short PING")]
    public async Task Frame_ThatSpdyDoesNotAllow_IsNamedInTheFault(uint first, uint second, string named)
    {
        var frame = new byte[8 + (second < 100 ? second : 0)];
        BinaryPrimitives.WriteUInt32BigEndian(frame, first);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), second);
        await using var session = new SpdySession(new ScriptedTransport([frame]), new ScriptedWitness(), Time, Log);

        Assert.Contains(named, (await session.Ended.WaitAsync(TimeoutToken)).Message, StringComparison.Ordinal);
    }

    private bool EndsSession(Stream transport) => Finishes(async () =>
    {
        await using var owned = transport;
        await using var session = new SpdySession(transport, new ScriptedWitness(), Time, Log);
        try
        {
            await using var one = await session.OpenAsync(80, "GET /"u8.ToArray(), Grace, TimeoutToken);
            await using var two = await session.OpenAsync(81, default, Grace, TimeoutToken);
            await Task.WhenAll(ReadToEndAsync(one), ReadToEndAsync(two));
        }
        catch (EndOfConnectionException)
        {
            // Ended by the first bytes, before the second was open.
        }

        var fault = await session.Ended.WaitAsync(TimeoutToken);
        return fault.Message.Length is > 0 and < 1000 && !session.HasStreams && !session.IsUsable;
    });

    // A property is not asynchronous. What hangs fails by the limit of the test.
    private static bool Finishes(Func<Task<bool>> check) => Task.Run(check).GetAwaiter().GetResult();

    private async Task ReadToEndAsync(IPodStream stream)
    {
        try
        {
            while (!(await stream.ReadAsync(TimeoutToken)).IsEmpty)
            {
                // Whatever it is.
            }
        }
        catch (EndOfConnectionException)
        {
            // How it ended is not the question.
        }
    }

    private static WebSocket ClientOf(Stream wire) =>
        WebSocket.CreateFromStream(wire, new WebSocketCreationOptions { IsServer = false, KeepAliveInterval = TimeSpan.Zero });

    /// <summary>A frame that is nearly right: real types and ids, lengths that may lie.</summary>
    private static Gen<byte[]> Frames() =>
        from isControl in Gen.Elements(true, false)
        from type in Gen.Elements<uint>(1, 2, 3, 4, 6, 7, 8, 9, 77)
        from id in Gen.Elements<uint>(0, 1, 3, 5, 7, 9, 0x7FFF_FFFF)
        from flags in Gen.Elements<uint>(0, 1, 2, 255)
        from payload in Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), 40)
        from length in Gen.Choose(0, payload.Length)
        from lie in Gen.Frequency((20, Gen.Constant(0u)), (1, Gen.Elements<uint>(1, 100, 70_000, 0xFF_0000)))
        select Frame(isControl ? 0x8003_0000 | type : id, (flags << 24) | ((uint)length + lie), isControl ? WithId(payload, id) : payload, length);

    /// <summary>Frames of WebSockets, most of them legal, with anything in them; or anything at all.</summary>
    private static Gen<byte[]> WebSocketWire() => Gen.Frequency(
        (1, Gen.ArrayOf(Gen.Choose(0, 255).Select(value => (byte)value), 60)),
        (6, Gen.ListOf(
            from payload in Gen.OneOf(Frames(), Gen.ArrayOf(Gen.Elements<byte>(0, 1, 2, 80, 200), 5))
            from opcode in Gen.Frequency((20, Gen.Constant<byte>(0x82)), (3, Gen.Elements<byte>(0x02, 0x00, 0x80)), (1, Gen.Elements<byte>(0x81, 0x88, 0x89, 0x8A, 0xF2)))
            select (byte[])[opcode, (byte)Math.Min(payload.Length, 125), .. payload.Take(125)], 8).Select(frames => frames.SelectMany(frame => frame).ToArray())));

    private static Gen<byte[][]> Pieces(Gen<byte[]> whole) =>
        from bytes in whole
        from cuts in Gen.ArrayOf(Gen.Choose(0, Math.Max(0, bytes.Length - 1)), 6)
        select Cut(bytes, [.. cuts.Append(0).Append(bytes.Length).Distinct().Order()]);

    private static byte[][] Cut(byte[] bytes, int[] at) => [.. at.Zip(at.Skip(1), (start, end) => bytes[start..end])];

    private static byte[] Frame(uint first, uint second, byte[] payload, int length)
    {
        var frame = new byte[8 + length];
        BinaryPrimitives.WriteUInt32BigEndian(frame, first);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(4), second);
        payload.AsSpan(0, length).CopyTo(frame.AsSpan(8));
        return frame;
    }

    private static byte[] WithId(byte[] payload, uint id)
    {
        BinaryPrimitives.WriteUInt32BigEndian(payload, id);
        return payload;
    }

    // RFC 6455 §5.2, from a server: not masked.
    private static byte[] ServerMessage(byte[] piece, bool starts, bool ends) =>
        [(byte)((ends ? 0x80 : 0x00) | (starts ? 0x02 : 0x00)), 126, (byte)(piece.Length >> 8), (byte)piece.Length, .. piece];

    private static List<string> ReadBlocks(ReadOnlySpan<byte> written, int count)
    {
        using var zlib = new ZLibStream(new MemoryStream(written.ToArray()), CompressionMode.Decompress);
        var values = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var block = new byte[4];
            zlib.ReadExactly(block);
            for (var pair = 0; pair < BinaryPrimitives.ReadInt32BigEndian(block); pair++)
            {
                _ = ReadString(zlib);
                var value = ReadString(zlib);
                if (pair == 0)
                    values.Add(value);
            }
        }

        return values;
    }

    private static string ReadString(Stream zlib)
    {
        var length = new byte[4];
        zlib.ReadExactly(length);
        var text = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        zlib.ReadExactly(text);
        return Encoding.UTF8.GetString(text);
    }

    // A lone surrogate has no bytes of its own.
    private sealed class Utf8Equal : IEqualityComparer<string>
    {
        public static Utf8Equal Instance { get; } = new();

        public bool Equals(string? x, string? y) => Encoding.UTF8.GetBytes(x ?? "").SequenceEqual(Encoding.UTF8.GetBytes(y ?? ""));

        public int GetHashCode(string obj) => obj.Length;
    }
}
