using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Kftray.Chaos.World;
using Kftray.Testing.Pods;

namespace Kftray.Chaos.Load;

/// <summary>One client: says what its conversation asks for, and checks every byte that comes back.</summary>
internal sealed class ClientConnection(ConnectionRecord record, int port, RunClock clock)
{
    /// <summary>Longer than any forwarder holds a connection.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);

    private const int LargestPiece = 128 * 1024;

    private readonly byte[] _buffer = new byte[LargestPiece];
    private long _sent;
    private long _received;

    /// <param name="lifetime">How long a conversation goes on that has no end of its own.</param>
    /// <param name="ending">The load ends: what goes well ends well.</param>
    public async Task RunAsync(TimeSpan lifetime, CancellationToken ending)
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await ConnectAsync(socket);
            record.Outcome = record.Outcome == Outcome.Refused ? Outcome.Refused : await ConverseAsync(socket, lifetime, ending);
        }
        catch (SocketException e)
        {
            (record.Outcome, record.Detail) = (Outcome.Broken, e.SocketErrorCode.ToString());
        }
        catch (EndOfStreamException e)
        {
            (record.Outcome, record.Detail) = (Outcome.Broken, e.Message);
        }
        catch (InvalidDataException e)
        {
            (record.Outcome, record.Detail) = (Outcome.Corrupt, e.Message);
        }
        catch (OperationCanceledException)
        {
            (record.Outcome, record.Detail) = (Outcome.Forgotten, $"nothing for {Patience.TotalSeconds:0} s");
        }

        record.Ended = clock.Now;
    }

    private async Task ConnectAsync(Socket socket)
    {
        try
        {
            using var limit = clock.Limit(Patience);
            await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            (record.Outcome, record.Detail) = (Outcome.Refused, "connection refused");
        }
    }

    private Task<Outcome> ConverseAsync(Socket socket, TimeSpan lifetime, CancellationToken ending) => record.Route.Application.Conversation switch
    {
        Conversation.Http => RequestAsync(socket),
        Conversation.Echo => EchoAsync(socket, lifetime, ending),
        Conversation.ServerFirst => ListenAsync(socket),
        _ => ExchangeAsync(socket),
    };

    private async Task<Outcome> RequestAsync(Socket socket)
    {
        var length = 200 + (Offset % 20_000);
        await SendAsync(socket, Encoding.ASCII.GetBytes($"GET /{record.Token}/{length} HTTP/1.1\r\nHost: chaos\r\n\r\n"));
        var head = "";
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal)) head += await ReadLineAsync(socket);
        if (!head.StartsWith("HTTP/1.1 200 OK\r\n", StringComparison.Ordinal)) throw new InvalidDataException($"answered '{head.Split('\r')[0]}'");
        TakeGreeting(await ReadLineAsync(socket));
        await ExpectAsync(socket, 0, length);
        if (await ReceiveAsync(socket, _buffer.AsMemory(0, 1)) != 0) throw new InvalidDataException("more than the answer");
        return Outcome.Completed;
    }

    private async Task<Outcome> ExchangeAsync(Socket socket)
    {
        await SendAsync(socket, Encoding.ASCII.GetBytes(record.Token + "\n"));
        TakeGreeting(await ReadLineAsync(socket));
        await EchoPieceAsync(socket, 500);
        return Outcome.Completed;
    }

    private async Task<Outcome> ListenAsync(Socket socket)
    {
        TakeGreeting(await ReadLineAsync(socket));
        await SendAsync(socket, Encoding.ASCII.GetBytes(record.Token + "\n"));
        await EchoPieceAsync(socket, 500);
        return Outcome.Completed;
    }

    private async Task<Outcome> EchoAsync(Socket socket, TimeSpan lifetime, CancellationToken ending)
    {
        var random = new Random((int)Offset);
        await SendAsync(socket, Encoding.ASCII.GetBytes(record.Token + "\n"));
        TakeGreeting(await ReadLineAsync(socket));
        var until = clock.Now + lifetime;
        while (clock.Now < until && !ending.IsCancellationRequested)
        {
            await EchoPieceAsync(socket, random.Next(20) == 0 ? LargestPiece : random.Next(1, 4000));
            await clock.DelayAsync(TimeSpan.FromMilliseconds(random.Next(20, 200)), CancellationToken.None);
        }

        return Outcome.Completed;
    }

    // Both directions at once: neither end may have to wait for the other.
    private async Task EchoPieceAsync(Socket socket, int length)
    {
        var sending = SendContentAsync(socket, length);
        await ExpectAsync(socket, _received, length);
        _received += length;
        await sending;
    }

    private async Task SendContentAsync(Socket socket, int length)
    {
        for (var end = _sent + length; _sent < end;)
        {
            var piece = TestContent.At(Offset + _sent, end - _sent);
            await SendAsync(socket, piece);
            _sent += piece.Length;
        }
    }

    private async Task ExpectAsync(Socket socket, long from, long length)
    {
        // What an HTTP server sends begins at the content's beginning, what comes back where it was sent from.
        var origin = record.Route.Application.Conversation == Conversation.Http ? 0 : Offset;
        for (var at = from; at < from + length;)
        {
            var count = await ReceiveAsync(socket, _buffer.AsMemory(0, (int)Math.Min(_buffer.Length, from + length - at)));
            if (count == 0) throw new EndOfStreamException($"ended at byte {at} of {from + length}");
            for (var compared = 0; compared < count;)
            {
                var expected = TestContent.At(origin + at + compared, count - compared);
                if (!_buffer.AsSpan(compared, expected.Length).SequenceEqual(expected.Span)) throw new InvalidDataException($"other bytes after {at + compared}");
                compared += expected.Length;
            }

            at += count;
            record.Bytes += count;
        }
    }

    // Different for every connection, the same for the same token.
    private long Offset => 1 + (uint)record.Token.Aggregate(17, (hash, character) => unchecked((hash * 31) + character)) % 1_000_000;

    private void TakeGreeting(string line)
    {
        if (line.Split(' ') is not [var cluster, _] || !int.TryParse(cluster, CultureInfo.InvariantCulture, out var index))
            throw new InvalidDataException($"greeted with '{line}'");
        record.Cluster = index;
    }

    private async Task<string> ReadLineAsync(Socket socket)
    {
        var line = new StringBuilder();
        while (line.Length == 0 || line[^1] != '\n')
        {
            if (await ReceiveAsync(socket, _buffer.AsMemory(0, 1)) == 0) throw new EndOfStreamException(record.Served is null ? "ended before the first byte" : "ended within a line");
            line.Append((char)_buffer[0]);
        }

        return line.ToString();
    }

    private async Task<int> ReceiveAsync(Socket socket, Memory<byte> buffer)
    {
        using var limit = clock.Limit(Patience);
        var count = await socket.ReceiveAsync(buffer, limit.Token);
        if (count > 0) record.Served ??= clock.Now;
        return count;
    }

    private async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        using var limit = clock.Limit(Patience);
        while (bytes.Length > 0) bytes = bytes[await socket.SendAsync(bytes, limit.Token)..];
    }
}
