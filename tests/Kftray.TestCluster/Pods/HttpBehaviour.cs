using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>
/// A small web server: <c>/</c> (any path) says the pod's name, <c>/bytes/N</c> sends N bytes of <see cref="TestContent"/>,
/// <c>/bytes/N/sha256</c> their checksum, <c>POST /echo</c> returns the body, <c>POST /sha256</c> its checksum, <c>/delay/MS</c> thinks first.
/// </summary>
internal sealed class HttpBehaviour(TimeProvider time)
{
    public async Task ServeAsync(PodConnection connection, CancellationToken stopping)
    {
        using var request = new HttpRequestReader(connection, stopping);
        while (await request.ReadHeadAsync())
        {
            if (request.ExpectsContinue) await connection.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), stopping);
            await AnswerAsync(connection, request, stopping);
            if (!request.KeepsAlive) return;
        }
    }

    private async Task AnswerAsync(PodConnection connection, HttpRequestReader request, CancellationToken stopping)
    {
        switch (request.Path.Split('?')[0].Split('/'))
        {
            case ["", "bytes", var length]:
                await SendContentAsync(connection, request, long.Parse(length, CultureInfo.InvariantCulture), stopping);
                return;
            case ["", "bytes", var length, "sha256"]:
                await SendTextAsync(connection, request, TestContent.Sha256(long.Parse(length, CultureInfo.InvariantCulture)), stopping);
                return;
            case ["", "echo"]:
                await EchoAsync(connection, request, stopping);
                return;
            case ["", "sha256"]:
                await SendTextAsync(connection, request, await HashBodyAsync(request), stopping);
                return;
            case ["", "delay", var milliseconds]:
                await Task.Delay(TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)), time, stopping);
                break;
        }

        while ((await request.ReadBodyAsync()).Length > 0)
        {
        }

        await SendTextAsync(connection, request, $"hello from {connection.PodName}, port {connection.ContainerPort}", stopping);
    }

    private static async Task SendContentAsync(PodConnection connection, HttpRequestReader request, long length, CancellationToken stopping)
    {
        await connection.SendAsync(Head(request, "application/octet-stream", length), stopping);
        for (long sent = 0; sent < length && request.Method != "HEAD";)
        {
            var piece = TestContent.At(sent, length - sent);
            await connection.SendAsync(piece, stopping);
            sent += piece.Length;
        }
    }

    private static async Task EchoAsync(PodConnection connection, HttpRequestReader request, CancellationToken stopping)
    {
        await connection.SendAsync(Head(request, "application/octet-stream", request.ContentLength), stopping);
        var isChunked = request.ContentLength is null;
        ReadOnlyMemory<byte> piece;
        while ((piece = await request.ReadBodyAsync()).Length > 0)
        {
            if (isChunked) await connection.SendAsync(Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), stopping);
            await connection.SendAsync(piece, stopping);
            if (isChunked) await connection.SendAsync("\r\n"u8.ToArray(), stopping);
        }

        if (isChunked) await connection.SendAsync("0\r\n\r\n"u8.ToArray(), stopping);
    }

    private static async Task<string> HashBodyAsync(HttpRequestReader request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ReadOnlyMemory<byte> piece;
        while ((piece = await request.ReadBodyAsync()).Length > 0) hash.AppendData(piece.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static async Task SendTextAsync(PodConnection connection, HttpRequestReader request, string text, CancellationToken stopping)
    {
        var body = Encoding.UTF8.GetBytes(text + "\n");
        byte[] head = Head(request, "text/plain; charset=utf-8", body.Length);
        await connection.SendAsync(request.Method == "HEAD" ? head : [.. head, .. body], stopping);
    }

    private static byte[] Head(HttpRequestReader request, string contentType, long? length) => Encoding.ASCII.GetBytes(
        "HTTP/1.1 200 OK\r\n"
        + $"Content-Type: {contentType}\r\n"
        + (length is { } known ? $"Content-Length: {known}\r\n" : "Transfer-Encoding: chunked\r\n")
        + $"Connection: {(request.KeepsAlive ? "keep-alive" : "close")}\r\n\r\n");
}
