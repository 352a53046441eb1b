using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Kftray.Testing.Http;

public enum ProxyKind
{
    Http,
    Https,
    Socks5,

    /// <summary>No proxy: an address that leads to the server, such as one on ::1.</summary>
    RelayOnIPv6,
}

/// <summary>A proxy on loopback that leads to the cluster, whatever it is asked for: names need not exist.</summary>
public sealed class TestProxy : IAsyncDisposable
{
    private readonly ProxyKind _kind;
    private readonly int _target;
    private readonly string? _credentials;
    private readonly ServerCertificates _certificates;
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, bool> _connections = new();
    private readonly Task _accepting;

    /// <param name="credentials">User name and password that it asks for, as <c>name:password</c>; null for none.</param>
    internal TestProxy(ProxyKind kind, int target, string? credentials, ServerCertificates certificates)
    {
        (_kind, _target, _credentials, _certificates) = (kind, target, credentials, certificates);
        _listener = new(kind == ProxyKind.RelayOnIPv6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>For <c>proxy-url</c>; without credentials.</summary>
    public string Url => $"{_kind.ToString().ToLowerInvariant()}://{(_kind == ProxyKind.Https ? "localhost" : "127.0.0.1")}:{Port}";

    /// <summary>What was asked for, as <c>host:port</c>.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        // The token ends the loop; a listener that was stopped first would refuse its next call.
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                var serving = ServeAsync(client);
                _connections[serving] = true;
                _ = serving.ContinueWith(ended => _connections.TryRemove(ended, out _), TaskScheduler.Default);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The end.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            Stream stream = client.GetStream();
            if (_kind == ProxyKind.Https)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _certificates.Current }, _stopping.Token);
                stream = tls;
            }

            var isLetThrough = _kind switch
            {
                ProxyKind.RelayOnIPv6 => true,
                ProxyKind.Socks5 => await SocksAsync(stream),
                _ => await ConnectAsync(stream),
            };
            if (isLetThrough) await RelayAsync(stream);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // Either side has gone, or the client does not trust us.
        }
    }

    private async Task<bool> ConnectAsync(Stream stream)
    {
        var (authority, headers, _) = await RawHttp.ReadAsync(stream, _stopping.Token);
        var isAllowed = _credentials is null
            || headers.GetValueOrDefault("proxy-authorization") == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(_credentials));
        Asked.Enqueue(authority);
        await stream.WriteAsync(isAllowed ? "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray() : "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _stopping.Token);
        return isAllowed;
    }

    private async Task<bool> SocksAsync(Stream stream)
    {
        var buffer = new byte[512];
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), _stopping.Token);
        await stream.ReadExactlyAsync(buffer.AsMemory(0, buffer[1]), _stopping.Token);
        await stream.WriteAsync(new byte[] { 5, (byte)(_credentials is null ? 0 : 2) }, _stopping.Token);
        if (_credentials is not null)
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), _stopping.Token);
            var isAllowed = $"{await TextAsync()}:{await TextAsync()}" == _credentials;
            await stream.WriteAsync(new byte[] { 1, (byte)(isAllowed ? 0 : 1) }, _stopping.Token);
            if (!isAllowed) return false;
        }

        await stream.ReadExactlyAsync(buffer.AsMemory(0, 4), _stopping.Token);
        var host = buffer[3] switch
        {
            1 => await AddressAsync(4),
            4 => await AddressAsync(16),
            _ => await TextAsync(),
        };
        await stream.ReadExactlyAsync(buffer.AsMemory(0, 2), _stopping.Token);
        Asked.Enqueue($"{host}:{(buffer[0] << 8) | buffer[1]}");
        await stream.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, _stopping.Token);
        return true;

        async Task<string> TextAsync()
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, 1), _stopping.Token);
            var length = buffer[0];
            await stream.ReadExactlyAsync(buffer.AsMemory(0, length), _stopping.Token);
            return Encoding.UTF8.GetString(buffer, 0, length);
        }

        async Task<string> AddressAsync(int length)
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, length), _stopping.Token);
            return new IPAddress(buffer.AsSpan(0, length)).ToString();
        }
    }

    private async Task RelayAsync(Stream client)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
        var there = client.CopyToAsync(server.GetStream(), _stopping.Token);
        var back = server.GetStream().CopyToAsync(client, _stopping.Token);
        await Task.WhenAny(there, back);
        server.Close();
        await client.DisposeAsync();
        await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
