using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kftray.Testing.Http;

/// <summary>
/// Kestrel on one loopback port. The port belongs to the host for its whole life: a socket that is bound and never listens holds it, so
/// that a stopped server refuses connections and a started one has the same address.
/// </summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private const int SendBufferLimit = 1024 * 1024;

    private readonly RequestDelegate _pipeline;
    private readonly OpenConnections _connections;
    private readonly ServerCertificates? _certificates;
    private readonly Socket _portHolder;
    private WebApplication? _application;

    /// <param name="certificates">Null for plain HTTP.</param>
    /// <param name="port">0 for any.</param>
    public ApiHost(int port, RequestDelegate pipeline, OpenConnections connections, ServerCertificates? certificates)
    {
        (_pipeline, _connections, _certificates) = (pipeline, connections, certificates);
        _portHolder = Bind(port);
        Port = ((IPEndPoint)_portHolder.LocalEndPoint!).Port;
    }

    public int Port { get; }

    /// <summary>True: HTTP/2 is not offered.</summary>
    public bool IsHttp11Only { get; init; }

    /// <summary>Told of each client certificate, with what was sent beside it.</summary>
    public Action<X509Certificate2, X509Certificate2Collection> ClientShowed { get; init; } = (_, _) => { };

    public bool IsRunning => _application is not null;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_application is not null) return;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(Configure);
        builder.Services.Configure<SocketTransportOptions>(options => options.CreateBoundListenSocket = _ => Bind(Port));
        // Signals belong to the process, not to each of the clusters in it.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        var application = builder.Build();
        application.Run(_pipeline);
        await application.StartAsync(cancellationToken);
        _application = application;
    }

    /// <summary>Stops listening and ends every connection; from then on the port refuses.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _application, null) is not { } application) return;
        _connections.ResetAll();
        await application.StopAsync(CancellationToken.None);
        await application.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _portHolder.Dispose();
    }

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = false;
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null;
        // A client that stops reading its port-forward is a case to test, not one to end.
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxResponseBufferSize = SendBufferLimit;
        options.Limits.MaxRequestBufferSize = SendBufferLimit;
        options.Limits.Http2.MaxStreamsPerConnection = 250;
        options.Listen(IPAddress.Loopback, Port, listen =>
        {
            listen.Protocols = _certificates is null || IsHttp11Only ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
            listen.Use(next => context => _connections.TrackAsync(context, () => next(context)));
            if (_certificates is not null) listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(Tls()) });
        });
    }

    private SslServerAuthenticationOptions Tls() => new()
    {
        ServerCertificateContext = _certificates!.Current,
        ClientCertificateRequired = true,
#pragma warning disable CA5359 // Who it is, if anybody, is a question of authentication: the handshake asks and takes every answer.
        RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            if (certificate is X509Certificate2 shown) ClientShowed(shown, chain?.ChainPolicy.ExtraStore ?? []);
            return true;
        },
#pragma warning restore CA5359
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    private static Socket Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
