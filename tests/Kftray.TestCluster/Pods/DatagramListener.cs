using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kftray.Testing.Network;

namespace Kftray.Testing.Pods;

/// <summary>What has arrived at a UDP port of a pod.</summary>
/// <param name="Datagrams">Received and handed to the application.</param>
/// <param name="Bytes">Of their payloads.</param>
/// <param name="Senders">Different addresses.</param>
/// <param name="OutOfOrder">
/// Datagrams whose first 8 bytes, a big-endian number, are not above those of the one before from the same sender; shorter ones do not count.
/// </param>
public sealed record DatagramCounts(long Datagrams, long Bytes, int Senders, long OutOfOrder);

/// <summary>A UDP port of a pod, a real socket on loopback, with what came through it.</summary>
internal sealed class DatagramListener : IAsyncDisposable
{
    private const int MaxDatagram = 65_535;

    private readonly Socket _socket;
    private readonly DatagramBehaviour _behaviour;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<SocketAddress, Sender> _senders = new();
    private readonly ConcurrentDictionary<Task, byte> _later = new();
    private readonly Signal _changed = new();
    private readonly Task _serving;
    private long _datagrams;
    private long _bytes;
    private long _outOfOrder;
    private int _waiting;

    public DatagramListener(IPAddress address, int containerPort, DatagramBehaviour behaviour)
    {
        _behaviour = behaviour;
        _socket = LoopbackAddresses.Bind(address, containerPort, SocketType.Dgram);
        SocketBuffers.Enlarge(_socket);
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _serving = ServeAsync();
    }

    public IPEndPoint EndPoint { get; }

    public DatagramCounts Counts => new(Interlocked.Read(ref _datagrams), Interlocked.Read(ref _bytes), _senders.Count, Interlocked.Read(ref _outOfOrder));

    public async Task<DatagramCounts> WaitAsync(Func<DatagramCounts, bool> condition, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _changed.UntilAsync(() => condition(Counts), cancellationToken);
            return Counts;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public async ValueTask SendAsync(SocketAddress to, ReadOnlyMemory<byte> payload) =>
        await _socket.SendToAsync(payload, SocketFlags.None, to, _stopping.Token);

    public void Run(PodDatagram datagram, Func<PodDatagram, CancellationToken, Task> act)
    {
        var task = RunAsync();
        _later[task] = 0;
        // It may have ended before it was entered.
        if (task.IsCompleted) _later.TryRemove(task, out _);

        async Task RunAsync()
        {
            await Task.Yield();
            try
            {
                await act(datagram, _stopping.Token);
            }
            catch (Exception e) when (IsEnd(e))
            {
                // The pod has gone, or the client.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _socket.Dispose();
        await _serving;
        await Task.WhenAll(_later.Keys);
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        await Task.Yield();
        var buffer = new byte[MaxDatagram];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var count = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stopping.Token);
                var number = Note(from, buffer.AsSpan(0, count));
                await _behaviour(new PodDatagram(this, from, buffer.AsMemory(0, count), number), _stopping.Token);
                // Waking nobody 50,000 times a second would cost more than counting. A waiter registers before it looks.
                if (Volatile.Read(ref _waiting) > 0) _changed.Set();
            }
            catch (Exception e) when (IsEnd(e))
            {
                // Either the end, which the loop's head sees, or a peer that answered "port unreachable".
            }
        }
    }

    private long Note(SocketAddress from, ReadOnlySpan<byte> payload)
    {
        if (!_senders.TryGetValue(from, out var sender))
        {
            _senders[from.Copy()] = sender = new Sender();
            foreach (var done in _later.Keys.Where(task => task.IsCompleted)) _later.TryRemove(done, out _);
        }

        Interlocked.Increment(ref _datagrams);
        Interlocked.Add(ref _bytes, payload.Length);
        if (BinaryPrimitives.TryReadUInt64BigEndian(payload, out var sequence))
        {
            if (sender.HasSequence && sequence <= sender.LastSequence) Interlocked.Increment(ref _outOfOrder);
            (sender.HasSequence, sender.LastSequence) = (true, sequence);
        }

        return ++sender.Count;
    }

    private static bool IsEnd(Exception e) => e is OperationCanceledException or ObjectDisposedException or SocketException;

    private sealed class Sender
    {
        public long Count { get; set; }

        public bool HasSequence { get; set; }

        public ulong LastSequence { get; set; }
    }
}
