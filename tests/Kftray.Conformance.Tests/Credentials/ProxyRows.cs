using Kftray.Sidecar.Contract;
using Kftray.Testing.Http;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>Ways to the server through something else. Its address does not exist: only the proxy knows the way.</summary>
internal static class ProxyRows
{
    private const string Address = "https://another.example.test:6443";

    private static readonly Testing.TestClusterOptions Named = new() { ServerCertificate = ServerCertificateKind.OtherName };

    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        new("proxy: proxy-url http", world => Through(world, world.Proxy(ProxyKind.Http).Url)) { Cluster = Named },
        new("proxy: proxy-url https, of the cluster's authority", world =>
            world.Config($"token: {world.Token}", $"server: 'https://localhost:6443', certificate-authority-data: {world.Authority}, proxy-url: '{world.Proxy(ProxyKind.Https).Url}'")),
        new("proxy: proxy-url https with tls-server-name, which the proxy's certificate must have too", world =>
            world.Config($"token: {world.Token}", $"server: '{Address}', certificate-authority-data: {world.Authority}, tls-server-name: localhost, proxy-url: '{world.Proxy(ProxyKind.Https).Url}'")),
        new("proxy: proxy-url socks5", world => Through(world, world.Proxy(ProxyKind.Socks5).Url)) { Cluster = Named },
        new("proxy: proxy-url with a user name and a password", world =>
            Through(world, world.Proxy(ProxyKind.Http, "me:p@ss").Url.Replace("://", "://me:p%40ss@"))) { Cluster = Named },
        new("proxy: socks5 with a user name and a password", world =>
            Through(world, world.Proxy(ProxyKind.Socks5, "me:p@ss").Url.Replace("://", "://me:p%40ss@"))) { Cluster = Named },
        new("proxy: a password that it does not take", world => Through(world, world.Proxy(ProxyKind.Http, "me:right").Url.Replace("://", "://me:wrong@")))
        {
            Refusal = FaultKind.ProxyFailed, KubectlSays = "Proxy Authentication Required", SidecarSays = "user name and password",
        },
        new("proxy: nothing listens there", world => Through(world, "http://127.0.0.1:1"))
        {
            Refusal = FaultKind.ProxyFailed, KubectlSays = "proxyconnect", SidecarSays = "127.0.0.1:1",
        },
        new("proxy: a scheme that does not exist", world => Through(world, "ftp://127.0.0.1:1"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "unsupported scheme", SidecarSays = "socks5",
        },
        new("proxy: with tls-server-name for the server behind it", world =>
            world.Config($"token: {world.Token}", $"server: '{Address}', certificate-authority-data: {world.Authority}, tls-server-name: localhost, proxy-url: '{world.Proxy(ProxyKind.Http).Url}'")),
        new("proxy: HTTPS_PROXY", world =>
        {
            Through(world, null);
            world.Environment["HTTPS_PROXY"] = world.Proxy(ProxyKind.Http).Url;
        }) { Cluster = Named },
        new("proxy: https_proxy in lower case, socks5", world =>
        {
            Through(world, null);
            world.Environment["https_proxy"] = world.Proxy(ProxyKind.Socks5).Url;
        }) { Cluster = Named },
        new("proxy: proxy-url beats HTTPS_PROXY", world =>
        {
            Through(world, world.Proxy(ProxyKind.Http).Url);
            world.Environment["HTTPS_PROXY"] = "http://127.0.0.1:1";
        }) { Cluster = Named },
        new("proxy: HTTPS_PROXY is not for this machine", world =>
        {
            world.Config($"token: {world.Token}");
            world.Environment["HTTPS_PROXY"] = "http://127.0.0.1:1";
        }),
        new("proxy: NO_PROXY names the server", world =>
        {
            Through(world, null);
            world.Environment["HTTPS_PROXY"] = world.Proxy(ProxyKind.Http).Url;
            world.Environment["NO_PROXY"] = "localhost,.example.test";
        })
        {
            Cluster = Named, Refusal = FaultKind.ServerUnreachable, KubectlSays = "another.example.test", Verify = _ => { },
        },
        new("proxy: ALL_PROXY means nothing", world =>
        {
            Through(world, null);
            world.Environment["ALL_PROXY"] = world.Proxy(ProxyKind.Http).Url;
        })
        {
            Cluster = Named, Refusal = FaultKind.ServerUnreachable, KubectlSays = "another.example.test",
        },
    ];

    private static void Through(CredentialWorld world, string? proxy) => world.Config(
        $"token: {world.Token}", $"server: '{Address}', certificate-authority-data: {world.Authority}{(proxy is null ? "" : $", proxy-url: '{proxy}'")}");
}
