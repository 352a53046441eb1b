using System.Globalization;
using System.Text;
using Kftray.Testing.Pods;

namespace Kftray.Chaos.World;

/// <summary>
/// The applications. Each says first which cluster and pod it is, reads the client's token, and enters both into the log; what it says after that
/// follows from what it was sent, so that the client can check every byte.
/// </summary>
internal sealed class Behaviours(int cluster, AcceptLog log, RunClock clock)
{
    private const int BufferSize = 32 * 1024;

    public IReadOnlyDictionary<string, ConnectionBehaviour> For(IEnumerable<Application> applications) =>
        applications.ToDictionary(application => application.Name, application => (ConnectionBehaviour)((connection, stopping) => ServeAsync(application, connection, stopping)));

    private async Task ServeAsync(Application application, PodConnection connection, CancellationToken stopping)
    {
        var accepted = log.Begin(cluster, application.Name, connection.PodName, clock.Now);
        try
        {
            await (application.Conversation == Conversation.Http
                ? AnswerAsync(connection, accepted, stopping)
                : EchoAsync(connection, accepted, application.Conversation == Conversation.ServerFirst, stopping));
        }
        finally
        {
            accepted.ApplicationDied = stopping.IsCancellationRequested;
            accepted.EndedAt = clock.Now;
        }
    }

    private string Greeting(PodConnection connection) => $"{cluster} {connection.PodName}\n";

    // GET /TOKEN/LENGTH, answered with so many bytes.
    private async Task AnswerAsync(PodConnection connection, Accepted accepted, CancellationToken stopping)
    {
        var (head, _) = await ReadUntilAsync(connection, "\r\n\r\n", stopping);
        if (head is null) return;
        var path = head.Split(' ')[1].Split('/');
        log.Identify(accepted, path[1]);
        var length = long.Parse(path[2], CultureInfo.InvariantCulture);
        var greeting = Greeting(connection);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {greeting.Length + length}\r\n\r\n{greeting}"), stopping);
        for (long sent = 0; sent < length;)
        {
            var piece = TestContent.At(sent, length - sent);
            await connection.SendAsync(piece, stopping);
            sent += piece.Length;
        }

        connection.EndSending();
        await DrainAsync(connection, stopping);
    }

    // TOKEN\n and then anything, which comes back.
    private async Task EchoAsync(PodConnection connection, Accepted accepted, bool speaksFirst, CancellationToken stopping)
    {
        if (speaksFirst) await connection.SendAsync(Encoding.ASCII.GetBytes(Greeting(connection)), stopping);
        var (line, rest) = await ReadUntilAsync(connection, "\n", stopping);
        if (line is null) return;
        log.Identify(accepted, line.TrimEnd('\n'));
        if (!speaksFirst) await connection.SendAsync(Encoding.ASCII.GetBytes(Greeting(connection)), stopping);
        await connection.SendAsync(rest, stopping);
        var buffer = new byte[BufferSize];
        int count;
        while ((count = await connection.ReceiveAsync(buffer, stopping)) > 0) await connection.SendAsync(buffer.AsMemory(0, count), stopping);
    }

    private static async Task DrainAsync(PodConnection connection, CancellationToken stopping)
    {
        var buffer = new byte[1024];
        while (await connection.ReceiveAsync(buffer, stopping) > 0)
        {
        }
    }

    private static async Task<(string? Text, ReadOnlyMemory<byte> Remainder)> ReadUntilAsync(PodConnection connection, string end, CancellationToken stopping)
    {
        var buffer = new byte[BufferSize];
        var filled = 0;
        while (true)
        {
            var count = await connection.ReceiveAsync(buffer.AsMemory(filled), stopping);
            if (count == 0) return (null, default);
            filled += count;
            var at = buffer.AsSpan(0, filled).IndexOf(Encoding.ASCII.GetBytes(end));
            if (at >= 0) return (Encoding.ASCII.GetString(buffer, 0, at + end.Length), buffer.AsMemory(at + end.Length, filled - at - end.Length));
        }
    }
}
