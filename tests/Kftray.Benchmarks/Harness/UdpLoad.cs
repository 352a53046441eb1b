using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Kftray.Benchmarks.Harness;

/// <param name="Sent">Datagrams.</param>
/// <param name="OutOfOrder">Those that came after a later one.</param>
internal sealed record UdpResult(long Sent, long Received, long OutOfOrder, double Seconds)
{
    public double LossPercent => 100.0 * (Sent - Received) / Sent;

    public double PacketsPerSecond => Received / Seconds;
}

/// <summary>One-way datagrams at a fixed rate, numbered, from one socket to another.</summary>
internal static class UdpLoad
{
    private const int BufferSize = 4 * 1024 * 1024;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastArrival = TimeSpan.FromSeconds(1);

    /// <summary>A socket on loopback with large buffers.</summary>
    public static Socket Open()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = BufferSize, SendBufferSize = BufferSize };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    /// <param name="to">Where it is sent to: the receiver itself, or a forward that leads to it.</param>
    public static async Task<UdpResult> SendAsync(IPEndPoint to, Socket receiver, int perSecond, int size, TimeSpan length, CancellationToken cancellationToken)
    {
        // What an earlier measurement has left is not this one's.
        Drain(receiver);
        using var sender = Open();
        sender.Connect(to);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = Task.Factory.StartNew(() => Receive(receiver, stopping.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        var datagram = new byte[size];
        var began = TimeProvider.System.GetTimestamp();
        long sent = 0;
        using (var timer = new PeriodicTimer(Tick))
        {
            while (TimeProvider.System.GetElapsedTime(began) is var elapsed && elapsed < length)
            {
                for (var due = (long)(elapsed.TotalSeconds * perSecond); sent < due; sent++)
                {
                    BinaryPrimitives.WriteInt64LittleEndian(datagram, sent);
                    sender.Send(datagram);
                }

                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }

        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        await Task.Delay(LastArrival, TimeProvider.System, cancellationToken);
        await stopping.CancelAsync();
        var (received, outOfOrder) = await receiving;
        return new UdpResult(sent, received, outOfOrder, seconds);
    }

    private static (long Received, long OutOfOrder) Receive(Socket receiver, CancellationToken stopping)
    {
        var buffer = new byte[65536];
        receiver.ReceiveTimeout = 100;
        long received = 0, outOfOrder = 0, last = -1;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (receiver.Receive(buffer) < sizeof(long))
                    continue;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.TimedOut)
            {
                continue; // To look whether it is over.
            }

            var number = BinaryPrimitives.ReadInt64LittleEndian(buffer);
            received++;
            if (number < last)
                outOfOrder++;
            last = Math.Max(last, number);
        }

        return (received, outOfOrder);
    }

    private static void Drain(Socket receiver)
    {
        var buffer = new byte[65536];
        while (receiver.Available > 0)
            receiver.Receive(buffer);
    }
}
