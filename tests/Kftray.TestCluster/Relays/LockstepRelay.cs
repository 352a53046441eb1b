using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Kftray.Testing.Relays;

/// <summary>
/// A relay that behaves as the public image does: every accepted connection is piped to the target (tcp) or carries datagrams behind an
/// unsigned 32-bit big-endian length (udp), in lockstep: one datagram to the target, then up to 5 s for one reply, and length 0 when none
/// came. Written from that description and sharing nothing with our relay, so that each is judged by the other's understanding.
/// </summary>
internal sealed class LockstepRelay(TimeProvider time)
{
    // The largest payload that fits in an IPv4 datagram.
    private const int MaxDatagram = 65_507;

    private static readonly TimeSpan ReplyLimit = TimeSpan.FromSeconds(5);

    /// <summary>Serves as the environment says, until it is stopped.</summary>
    /// <exception cref="ArgumentException">The environment makes no sense.</exception>
    public async Task RunAsync(Func<string, string?> environment, Action<string> log, CancellationToken stopping)
    {
        var localPort = PortOf("LOCAL_PORT");
        var host = environment("REMOTE_ADDRESS") is { Length: > 0 } address ? address : throw new ArgumentException("REMOTE_ADDRESS is missing.");
        var remotePort = PortOf("REMOTE_PORT");
        Func<Socket, Task> serve = environment("PROXY_TYPE") switch
        {
            "tcp" => client => PipeAsync(client, host, remotePort, stopping),
            "udp" => client => ExchangeAsync(client, host, remotePort, stopping),
            var other => throw new ArgumentException($"PROXY_TYPE is \"{other}\", not tcp or udp."),
        };

        // The public image knows no LISTEN_ADDRESS and listens on all addresses; of a pod here those are the one that POD_IP tells.
        var all = IPAddress.TryParse(environment("POD_IP"), out var pod) ? pod : IPAddress.Any;
        using var listener = new TcpListener(all, localPort);
        listener.Start(512);
        log($"listening on {listener.LocalEndpoint}");
        var serving = new HashSet<Task>();
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptSocketAsync(stopping);
                client.NoDelay = true;
                serving.RemoveWhere(task => task.IsCompleted);
                serving.Add(ServeAsync(client, serve, log));
            }
            catch (OperationCanceledException)
            {
                // Stopping: the loop's head sees it.
            }
            catch (SocketException)
            {
                // Reset while it was in the backlog: accept the next.
            }
        }

        await Task.WhenAll(serving);

        int PortOf(string name) =>
            int.TryParse(environment(name), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
                ? port
                : throw new ArgumentException($"{name} is no port.");
    }

    private static async Task ServeAsync(Socket client, Func<Socket, Task> serve, Action<string> log)
    {
        using (client)
        {
            try
            {
                await serve(client);
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                log($"connection ended: {e.Message}");
            }
            catch (OperationCanceledException)
            {
                // The relay stops.
            }
        }
    }

    private static async Task PipeAsync(Socket client, string host, int port, CancellationToken stopping)
    {
        using var target = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await target.ConnectAsync(host, port, stopping);
        await Task.WhenAll(CopyAsync(client, target, stopping), CopyAsync(target, client, stopping));
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken stopping)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.ReceiveAsync(buffer, stopping)) > 0)
        {
            for (var sent = 0; sent < count;) sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), stopping);
        }

        to.Shutdown(SocketShutdown.Send);
    }

    private async Task ExchangeAsync(Socket client, string host, int port, CancellationToken stopping)
    {
        var address = (await Dns.GetHostAddressesAsync(host, stopping))[0];
        using var target = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await target.ConnectAsync(address, port, stopping);
        await using var stream = new NetworkStream(client);
        var frame = new byte[sizeof(uint) + MaxDatagram];
        while (await stream.ReadAtLeastAsync(frame.AsMemory(0, sizeof(uint)), sizeof(uint), throwOnEndOfStream: false, stopping) == sizeof(uint))
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(frame);
            if (length > MaxDatagram)
            {
                await stream.WriteAsync(new byte[sizeof(uint)], stopping);
                return;
            }

            await stream.ReadExactlyAsync(frame.AsMemory(0, (int)length), stopping);
            var replied = await AskAsync(target, frame, (int)length, stopping);
            BinaryPrimitives.WriteUInt32BigEndian(frame, (uint)replied);
            await stream.WriteAsync(frame.AsMemory(0, sizeof(uint) + replied), stopping);
        }
    }

    /// <returns>The length of the reply, which lies behind the place of a frame's length; 0 for none.</returns>
    private async Task<int> AskAsync(Socket target, byte[] frame, int length, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(ReplyLimit, time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            await target.SendAsync(frame.AsMemory(0, length), stopping);
            return await target.ReceiveAsync(frame.AsMemory(sizeof(uint)), until.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return 0;
        }
        catch (SocketException)
        {
            // Nobody listens there ("port unreachable"): no reply, either.
            return 0;
        }
    }
}
