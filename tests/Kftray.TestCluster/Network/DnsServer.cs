using System.Net;
using System.Net.Sockets;

namespace Kftray.Testing.Network;

/// <summary>
/// The cluster's name server, over UDP on an address of its own: on port 53 where the process may bind that (root, or
/// CAP_NET_BIND_SERVICE), because resolvers ask no other port; else on any, where only those find it who are told.
/// </summary>
internal sealed class DnsServer : IAsyncDisposable
{
    public const int StandardPort = 53;

    private readonly ClusterDns _names;
    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<Task> _answering = [];
    private readonly Task _serving;

    public DnsServer(ClusterDns names, IPAddress address)
    {
        _names = names;
        _socket = LoopbackAddresses.Bind(address, StandardPort, SocketType.Dgram);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _serving;
        await Task.WhenAll(_answering);
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        var buffer = new byte[DnsMessage.MaxLength];
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stopping.Token);
                if (DnsMessage.Parse(buffer.AsSpan(0, received.ReceivedBytes)) is not { } question) continue;
                // Not one after the other: a name outside the cluster may take the machine's resolver a while.
                _answering.RemoveWhere(task => task.IsCompleted);
                _answering.Add(AnswerAsync(question, received.RemoteEndPoint));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // Either the end, which the loop's head sees, or a client that is no longer there.
            }
        }
    }

    private async Task AnswerAsync(DnsQuestion question, EndPoint client)
    {
        try
        {
            var answer = await _names.ResolveAsync(question.Name, _stopping.Token);
            await _socket.SendToAsync(DnsMessage.Write(question, answer), client, _stopping.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // Nobody waits for the answer any more.
        }
    }
}
