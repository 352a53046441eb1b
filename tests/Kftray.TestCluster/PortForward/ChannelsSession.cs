using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Kftray.Testing.Pods;

namespace Kftray.Testing.PortForward;

/// <summary>
/// The legacy way: one connection per port, dialled at once, in binary messages whose first byte is the channel (2n data, 2n+1 errors of
/// the n-th port); the first message on each says the port. No half-close.
/// </summary>
internal sealed class ChannelsSession(WebSocket socket, TestPod pod, IReadOnlyList<int> ports, PortForwardSession observed)
{
    private const int ChunkSize = 32 * 1024;

    private readonly SemaphoreSlim _writing = new(1);

    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var connections = new Socket?[ports.Count];
        var pumps = new List<Task>();
        for (var i = 0; i < ports.Count; i++)
        {
            var preamble = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(preamble, (ushort)ports[i]);
            await SendAsync((byte)(2 * i), preamble);
            await SendAsync((byte)((2 * i) + 1), preamble);
            observed.ConnectionOpened();
            connections[i] = await DialAsync(i);
            if (connections[i] is { } connection) pumps.Add(PumpAsync(i, connection, ending.Token));
        }

        // Over when the client has gone or every application has ended.
        var reading = ReadAsync(connections, ending.Token);
        if (await Task.WhenAny(reading, Task.WhenAll(pumps)) != reading) await CloseAsync();
        await ending.CancelAsync();
        foreach (var connection in connections.OfType<Socket>()) connection.Dispose();
        await reading;
        await Task.WhenAll(pumps);
        foreach (var _ in ports) observed.ConnectionEnded();
        _writing.Dispose();
    }

    private async Task<Socket?> DialAsync(int index)
    {
        try
        {
            if (!pod.IsRemoved) return await pod.DialAsync(ports[index], CancellationToken.None);
            await SendAsync((byte)((2 * index) + 1), Encoding.UTF8.GetBytes(RuntimeErrors.SandboxNotFound(pod, ports[index])));
        }
        catch (SocketException)
        {
            await SendAsync((byte)((2 * index) + 1), Encoding.UTF8.GetBytes(RuntimeErrors.ConnectionRefused(pod, ports[index])));
        }

        return null;
    }

    private async Task ReadAsync(Socket?[] connections, CancellationToken ending)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize + 1);
        try
        {
            var isStart = true;
            byte channel = 0;
            while (true)
            {
                var received = await socket.ReceiveAsync(buffer.AsMemory(), ending);
                if (received.MessageType != WebSocketMessageType.Binary) return;
                var payload = buffer.AsMemory(0, received.Count);
                if (isStart && received.Count > 0)
                {
                    channel = buffer[0];
                    payload = payload[1..];
                }

                isStart = received.EndOfMessage;
                if (channel % 2 == 0 && channel / 2 < connections.Length && connections[channel / 2] is { } connection)
                    while (payload.Length > 0) payload = payload[await connection.SendAsync(payload, ending)..];
            }
        }
        catch (Exception e) when (SpdySession.IsEndOfConnection(e))
        {
            // The client has gone, or the application.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task PumpAsync(int index, Socket connection, CancellationToken ending)
    {
        var buffer = new byte[ChunkSize];
        try
        {
            int count;
            while ((count = await connection.ReceiveAsync(buffer, ending)) > 0) await SendAsync((byte)(2 * index), buffer.AsMemory(0, count));
        }
        catch (SocketException e) when (!ending.IsCancellationRequested)
        {
            await SendAsync((byte)((2 * index) + 1), Encoding.UTF8.GetBytes(RuntimeErrors.Broken(pod, ports[index], e)));
        }
        catch (Exception e) when (SpdySession.IsEndOfConnection(e))
        {
            // The session is over.
        }
    }

    private async Task SendAsync(byte channel, ReadOnlyMemory<byte> payload)
    {
        var message = new byte[payload.Length + 1];
        message[0] = channel;
        payload.CopyTo(message.AsMemory(1));
        await _writing.WaitAsync();
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            if (socket.State == WebSocketState.Open) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch (Exception e) when (SpdySession.IsEndOfConnection(e))
        {
            // The client was quicker.
        }
    }
}
