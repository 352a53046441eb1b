using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// The socket of one flow toward the target. It is connected, so that it hears refusals and takes datagrams from nobody else, and it moves when
/// the target's name leads elsewhere: the name is looked up again after a failure, and now and then while nothing answers.
/// </summary>
internal sealed class UdpTarget : IAsyncDisposable
{
    /// <summary>What the system may keep for us in each direction, in bytes, as far as it allows.</summary>
    private const int BufferSize = 4 * 1024 * 1024;

    private static readonly TimeSpan ReviewAfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReviewAfterSilence = TimeSpan.FromSeconds(10);

    private readonly Target _target;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private IPAddress _address;
    private Task<IPAddress[]>? _review;
    private long _reviewedAt;
    private long _heardAt;
    private bool _failed;
    private bool _isClosed;

    private UdpTarget(Target target, TimeProvider time, IPAddress address, RelaySocket socket)
    {
        (_target, _time, _address, Socket) = (target, time, address, socket);
        _reviewedAt = _heardAt = time.GetTimestamp();
    }

    /// <summary>The present one. Who waits on an earlier one finds it disposed, and takes this. Written only by who sends.</summary>
    public RelaySocket Socket { get; private set; }

    /// <exception cref="RelayException">The name was not found, or no address of it can be sent to.</exception>
    public static async Task<UdpTarget> OpenAsync(Target target, TimeProvider time, CancellationToken stopping)
    {
        var failure = SocketError.HostNotFound;
        foreach (var address in await target.ResolveAsync(stopping))
        {
            try
            {
                return new UdpTarget(target, time, address, Connect(address, target.Port));
            }
            catch (SocketException error)
            {
                failure = error.SocketErrorCode;
            }
        }

        throw RelayException.From(failure, target.ToString());
    }

    /// <summary>The target has sent something.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, _time.GetTimestamp());
        Volatile.Write(ref _failed, false);
    }

    /// <summary>What the system said of a datagram, as the client is told it.</summary>
    public RelayException Failed(SocketError error)
    {
        Volatile.Write(ref _failed, true);
        return RelayException.From(error, _target.ToString());
    }

    /// <summary>
    /// Called before datagrams are sent: moves to the address that a finished lookup gave, and begins a lookup when there is reason to. Never
    /// waits: the datagrams go where they went until it is known better.
    /// </summary>
    /// <returns>Why the lookup failed, if it did.</returns>
    public RelayException? Review()
    {
        if (_review is null)
        {
            var failed = Volatile.Read(ref _failed);
            if (_time.GetElapsedTime(_reviewedAt) < (failed ? ReviewAfterFailure : ReviewAfterSilence))
                return null;
            if (!failed && _time.GetElapsedTime(Volatile.Read(ref _heardAt)) < ReviewAfterSilence)
                return null;
            _review = _target.ResolveAsync(_closing.Token);
        }

        if (!_review.IsCompleted)
            return null;
        var (review, problem) = (_review, default(RelayException));
        (_review, _reviewedAt) = (null, _time.GetTimestamp());
        if (review.IsCompletedSuccessfully)
            Follow(review.Result);
        else
            problem = review.Exception?.InnerException as RelayException;
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Close();
        await _closing.CancelAsync();
        if (_review is not null)
            await ((Task)_review).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _closing.Dispose();
    }

    /// <summary>Ends every wait on the socket.</summary>
    public void Close()
    {
        lock (_closing)
        {
            _isClosed = true;
            Socket.Dispose();
        }
    }

    private void Follow(IPAddress[] addresses)
    {
        var failed = Volatile.Read(ref _failed);
        if (!failed && addresses.Contains(_address))
            return;
        if (addresses.FirstOrDefault(address => !address.Equals(_address)) is not { } next)
            return;
        try
        {
            Move(next, Connect(next, _target.Port));
        }
        catch (SocketException)
        {
            // No way to there from here: what we have is no worse.
        }
    }

    private void Move(IPAddress address, RelaySocket socket)
    {
        lock (_closing)
        {
            if (_isClosed)
            {
                socket.Dispose();
                return;
            }

            var earlier = Socket;
            (_address, Socket) = (address, socket);
            _heardAt = _time.GetTimestamp();
            _failed = false;
            earlier.Dispose();
        }
    }

    private static RelaySocket Connect(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.ReceiveBufferSize = BufferSize;
            socket.SendBufferSize = BufferSize;
            socket.Connect(address, port);
            return RelaySocket.Of(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
