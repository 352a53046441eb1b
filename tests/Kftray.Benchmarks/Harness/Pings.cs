using System.Net;
using System.Net.Sockets;

namespace Kftray.Benchmarks.Harness;

/// <summary>Small messages and their echoes, one after the other.</summary>
internal sealed class Pings : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64];

    private Pings(Socket socket) => _socket = socket;

    public static async Task<Pings> OpenAsync(ProtocolType protocol, IPEndPoint to, CancellationToken cancellationToken)
    {
        var socket = protocol == ProtocolType.Udp ? UdpLoad.Open() : new Socket(AddressFamily.InterNetwork, SocketType.Stream, protocol) { NoDelay = true };
        await socket.ConnectAsync(to, cancellationToken);
        return new Pings(socket);
    }

    /// <returns>Milliseconds of each.</returns>
    public async Task<List<double>> MeasureAsync(int count, CancellationToken cancellationToken)
    {
        List<double> taken = [];
        for (var i = 0; i < count; i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            await _socket.SendAsync(_buffer, SocketFlags.None, cancellationToken);
            for (var got = 0; got < _buffer.Length;)
            {
                var more = await _socket.ReceiveAsync(_buffer.AsMemory(got), SocketFlags.None, cancellationToken);
                got += more > 0 ? more : throw new EndOfStreamException("The echo ended.");
            }

            taken.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        return taken;
    }

    public void Dispose() => _socket.Dispose();
}
