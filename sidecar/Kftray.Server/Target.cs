using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>
/// Where the relay leads. The name is looked up when it is needed, so that a changed answer is followed; who asks at the same moment shares one
/// lookup.
/// </summary>
internal sealed class Target(string host, int port, TimeSpan timeout, TimeProvider time, Func<string, Task<IPAddress[]>> lookUp)
{
    /// <summary>How long an answer serves others. Long enough for a burst of new flows, shorter than what anybody notices.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private Task<IPAddress[]>? _answer;
    private long _askedAt;

    public Target(RelayOptions options, TimeProvider time)
        : this(options.RemoteAddress, options.RemotePort, options.ConnectTimeout, time, Dns.GetHostAddressesAsync)
    {
    }

    public int Port => port;

    public override string ToString() => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";

    /// <summary>The target's addresses, at least one, in the system's order of preference.</summary>
    /// <exception cref="RelayException">The name was not found, or not in time.</exception>
    public async Task<IPAddress[]> ResolveAsync(CancellationToken stopping)
    {
        try
        {
            var addresses = await Ask().WaitAsync(timeout, time, stopping);
            return addresses.Length > 0 ? addresses : throw RelayException.From(SocketError.HostNotFound, ToString());
        }
        catch (SocketException error)
        {
            throw RelayException.From(error.SocketErrorCode, ToString());
        }
        catch (TimeoutException)
        {
            throw RelayException.From(SocketError.TryAgain, ToString());
        }
    }

    /// <summary>A connection to the first address that takes one.</summary>
    /// <exception cref="RelayException">None does; says why the last one did not.</exception>
    public async Task<RelaySocket> ConnectAsync(CancellationToken stopping)
    {
        var addresses = await ResolveAsync(stopping);
        // All together have the time that one has, so that one that swallows everything does not keep the next from being tried.
        var share = timeout / addresses.Length;
        var failure = SocketError.HostNotFound;
        foreach (var address in addresses)
        {
            using var limit = new CancellationTokenSource(share, time);
            using var connecting = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            try
            {
                return await RelaySocket.ConnectAsync(address, port, connecting.Token);
            }
            catch (SocketException error)
            {
                failure = error.SocketErrorCode;
            }
            catch (OperationCanceledException)
            {
                stopping.ThrowIfCancellationRequested();
                failure = SocketError.TimedOut;
            }
        }

        throw RelayException.From(failure, ToString());
    }

    private Task<IPAddress[]> Ask()
    {
        lock (_lock)
        {
            if (_answer is null || (_answer.IsCompleted && time.GetElapsedTime(_askedAt) >= Freshness))
            {
                _askedAt = time.GetTimestamp();
                _answer = lookUp(host);
            }

            return _answer;
        }
    }
}
