using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>What breaks on the way to the API server and at its door.</summary>
internal static class ServerWorlds
{
    private const string MayNot = "Ask for a role that allows it, or use another context or namespace.";

    public static IEnumerable<BrokenWorld> All =>
    [
        new("server that is down", DiagnosisLink.Server, FaultKind.ServerUnreachable,
            "The API server 127.0.0.1:… refuses connections.", "Check that the cluster is running, and the network and the VPN.")
        {
            Break = lab => lab.Cluster.StopServerAsync(),
        },
        new("proxy that is down", DiagnosisLink.Server, FaultKind.ProxyFailed,
            "The proxy 127.0.0.1:{port} refuses connections.", "Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY.")
        {
            Break = lab =>
            {
                // Nobody else gets a port that is bound, and nobody answers on it.
                var socket = lab.Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                lab.Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                return Edit(lab, server => server["proxy-url"] = $"http://127.0.0.1:{lab.Port}");
            },
        },
        new("server whose name is unknown", DiagnosisLink.Server, FaultKind.ServerUnreachable,
            "The name of the API server, no-such-host.invalid, cannot be resolved.", "Check the network, the VPN and the server's address in the kubeconfig.")
        {
            Break = lab => Edit(lab, server => server["server"] = "https://no-such-host.invalid:6443"),
        },
        new("server of another authority", DiagnosisLink.Server, FaultKind.TlsNotTrusted,
            "The certificate of the API server 127.0.0.1:… was issued by 'CN=another authority', which is not trusted.",
            "The kubeconfig's certificate authority belongs to another cluster, or something intercepts the connection: get a fresh kubeconfig.")
        {
            Break = lab => Show(lab, ServerCertificateKind.OtherAuthority),
        },
        new("server of another name", DiagnosisLink.Server, FaultKind.TlsNotTrusted,
            "The certificate of the API server 127.0.0.1:… is not for '127.0.0.1' but for another.example.test.",
            "Use a server address that the certificate names, or set tls-server-name in the kubeconfig.")
        {
            Break = lab => Show(lab, ServerCertificateKind.OtherName),
        },
        new("server with an old certificate", DiagnosisLink.Server, FaultKind.TlsNotTrusted,
            "The certificate of the API server 127.0.0.1:… expired on … UTC.", "Renew the server's certificate, or correct this machine's clock.")
        {
            Break = lab => Show(lab, ServerCertificateKind.Expired),
        },
        new("server that speaks no TLS", DiagnosisLink.Server, FaultKind.TlsNotTrusted,
            "No secure connection to the API server 127.0.0.1:… could be made: the TLS handshake failed.", "Check the server's address in the kubeconfig…")
        {
            Break = lab => Edit(lab, server => server["server"] = $"https://127.0.0.1:{lab.Own(new PlainServer()).Port}"),
        },
        new("address that is no API", DiagnosisLink.Api, FaultKind.ServerError,
            "The server of context 'demo' knows no such address (404): it may be no Kubernetes API.", "Check the server's address in the kubeconfig.")
        {
            Break = lab => Edit(lab, server => server["server"] = $"{server["server"]}/no/api/here"),
        },
        new("server that fails", DiagnosisLink.Api, FaultKind.ServerError,
            "The cluster of context 'demo' answered with an error (503).…", "It is tried again by itself.")
        {
            Break = lab => Fail(lab, new(FaultAction.Status) { Code = 503 }),
        },
        new("server that is overrun", DiagnosisLink.Api, FaultKind.Throttled,
            "The cluster of context 'demo' asks for fewer requests.", "It is tried again by itself.")
        {
            Break = lab => Fail(lab, new(FaultAction.Status) { Code = 429, RetryAfterSeconds = 1 }),
        },

        new("no port-forward", DiagnosisLink.Permissions, FaultKind.Forbidden,
            "You may not forward ports of pods in namespace 'shop' in the cluster of context 'demo'.", MayNot)
        {
            Break = lab => Deny(lab, ("create", "pods/portforward")),
        },
        new("no services", DiagnosisLink.Permissions, FaultKind.Forbidden,
            "You may not get services in namespace 'shop' in the cluster of context 'demo'.", MayNot)
        {
            Break = lab => Deny(lab, ("*", "services")),
        },
        new("no pods and no slices", DiagnosisLink.Permissions, FaultKind.Forbidden,
            "You may not list pods in namespace 'shop' in the cluster of context 'demo'.", MayNot)
        {
            Break = lab => Deny(lab, ("*", "pods"), ("*", "endpointslices")),
        },
        new("no pod by its name", DiagnosisLink.Permissions, FaultKind.Forbidden,
            "You may not get pods in namespace 'shop' in the cluster of context 'demo'.", MayNot)
        {
            Forward = """{ "alias": "web", "workload_type": "pod", "service": "web-0", "remote_port": 80 }""",
            Break = lab => Deny(lab, ("*", "pods")),
        },
        new("namespace misspelt", DiagnosisLink.Namespace, FaultKind.NamespaceNotFound,
            "There is no namespace 'shopp' in the cluster of context 'demo'.", "Check the namespace and the context.")
        {
            Forward = """{ "service": "web", "remote_port": 80, "namespace": "shopp" }""",
        },
    ];

    private static Task Edit(Lab lab, Action<System.Text.Json.Nodes.JsonObject> change)
    {
        lab.EditServer(change);
        return Task.CompletedTask;
    }

    private static Task Show(Lab lab, ServerCertificateKind certificate)
    {
        lab.Cluster.ServerCertificate = certificate;
        return Task.CompletedTask;
    }

    private static Task Fail(Lab lab, RequestFault fault)
    {
        lab.Own(lab.Cluster.Break(fault));
        return Task.CompletedTask;
    }

    private static Task Deny(Lab lab, params (string, string)[] rules)
    {
        lab.Deny(rules);
        return Task.CompletedTask;
    }

    /// <summary>Answers every connection with a sentence of another protocol.</summary>
    private sealed class PlainServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Task _serving;

        public PlainServer()
        {
            _listener.Start();
            _serving = ServeAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var stream = client.GetStream();
                    await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"u8.ToArray());
                    client.Client.Shutdown(SocketShutdown.Send);
                    // To the client's end, so that it reads the sentence and not a reset.
                    await stream.CopyToAsync(Stream.Null);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // Disposed, or a client that has gone: nobody asks this one twice.
            }
        }
    }
}
