using System.Net;
using System.Net.Sockets;

namespace Kftray.Benchmarks.Forwarders;

internal static class PortPicker
{
    /// <summary>Different ports of the loopback address that are free right now.</summary>
    public static int[] Take(int count)
    {
        List<Socket> held = [];
        try
        {
            for (var i = 0; i < count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                held.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            }

            return [.. held.Select(socket => ((IPEndPoint)socket.LocalEndPoint!).Port)];
        }
        finally
        {
            held.ForEach(socket => socket.Dispose());
        }
    }
}
