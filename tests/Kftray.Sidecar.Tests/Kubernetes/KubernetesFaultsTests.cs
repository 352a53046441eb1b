using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class KubernetesFaultsTests
{
    private static readonly Uri Server = new("https://k8s.test:6443/prefix");

    public static TheoryData<Exception, FaultKind, string> Exceptions => new()
    {
        { Wrapped(new SocketException((int)SocketError.ConnectionRefused)), FaultKind.ServerUnreachable, "refuses connections" },
        { Wrapped(new SocketException((int)SocketError.HostNotFound)), FaultKind.ServerUnreachable, "k8s.test, cannot be resolved" },
        { Wrapped(new SocketException((int)SocketError.TryAgain)), FaultKind.ServerUnreachable, "cannot be resolved" },
        { Wrapped(new SocketException((int)SocketError.NetworkUnreachable)), FaultKind.ServerUnreachable, "from this network" },
        { Wrapped(new SocketException((int)SocketError.TimedOut)), FaultKind.ServerUnreachable, "did not answer in time" },
        { Wrapped(new SocketException((int)SocketError.ConnectionReset)), FaultKind.ConnectionLost, "broke off" },
        { new TaskCanceledException("", new TimeoutException()), FaultKind.ServerUnreachable, "did not answer in time" },
        { new HttpRequestException(HttpRequestError.NameResolutionError), FaultKind.ServerUnreachable, "cannot be resolved" },
        { new HttpRequestException(HttpRequestError.ConnectionError), FaultKind.ServerUnreachable, "cannot be reached" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError), FaultKind.TlsNotTrusted, "TLS handshake failed" },
        { new HttpRequestException(HttpRequestError.ProxyTunnelError), FaultKind.ServerUnreachable, "proxy" },
        { new HttpRequestException(HttpRequestError.ResponseEnded), FaultKind.ConnectionLost, "broke off" },
        { new HttpRequestException(HttpRequestError.InvalidResponse), FaultKind.ServerError, "not Kubernetes" },
        { new AuthenticationException("x"), FaultKind.TlsNotTrusted, "TLS handshake failed" },
        { new IOException("x"), FaultKind.ConnectionLost, "broke off" },
        { new JsonException("x"), FaultKind.ServerError, "not Kubernetes" },
        { Wrapped(new ForwardException(new(FaultKind.TlsNotTrusted, "told before"))), FaultKind.TlsNotTrusted, "told before" },
    };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void From_Exception_SaysWhatHappened(Exception exception, FaultKind kind, string part)
    {
        var fault = KubernetesFaults.From(exception, Server);
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(part, fault.Message);
    }

    [Theory]
    [InlineData(401, "", FaultKind.Unauthorized, "does not accept the credentials")]
    [InlineData(403, """{"kind":"Status","message":"pods is forbidden: User \"me\" cannot list","code":403}""", FaultKind.Forbidden, "You may not list pods")]
    [InlineData(404, """{"kind":"Status","details":{"name":"web-0","kind":"pods"},"code":404}""", FaultKind.PodNotFound, "no pod 'web-0'")]
    [InlineData(404, """{"kind":"Status","details":{"name":"api","kind":"services"},"code":404}""", FaultKind.ServiceNotFound, "no service 'api'")]
    [InlineData(404, """{"kind":"Status","details":{"name":"shop","kind":"namespaces"},"code":404}""", FaultKind.NamespaceNotFound, "no namespace 'shop'")]
    [InlineData(404, "<html>nginx</html>", FaultKind.ServerError, "may be no Kubernetes API")]
    [InlineData(429, "{}", FaultKind.Throttled, "fewer requests")]
    [InlineData(302, "", FaultKind.ServerError, "redirect")]
    [InlineData(503, """{"kind":"Status","message":"etcd is away","code":503}""", FaultKind.ServerError, "etcd is away")]
    [InlineData(500, "not json", FaultKind.ServerError, "(500)")]
    [InlineData(407, "", FaultKind.ServerUnreachable, "proxy")]
    public async Task ExceptionFrom_Refusal_SaysWhatHappened(int code, string body, FaultKind kind, string part)
    {
        var fault = (await KubernetesFaults.ExceptionFromAsync(Response(code, body), TestContext.Current.CancellationToken)).Fault;
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(part, fault.Message);
    }

    [Theory]
    [InlineData("17", "{}", 17)]
    [InlineData(null, """{"kind":"Status","details":{"retryAfterSeconds":9},"code":429}""", 9)]
    [InlineData(null, "{}", null)]
    public async Task ExceptionFrom_RetryAfter_IsTakenFromHeaderOrStatus(string? header, string body, int? seconds)
    {
        var response = Response(429, body);
        if (header is not null)
            response.Headers.TryAddWithoutValidation("Retry-After", header);

        var exception = await KubernetesFaults.ExceptionFromAsync(response, TestContext.Current.CancellationToken);

        Assert.Equal(seconds, (int?)exception.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task ExceptionFrom_HugeMessage_IsCutToALine()
    {
        var body = $$"""{"kind":"Status","message":"{{new string('x', 5000)}}\nsecond","code":500}""";
        var fault = (await KubernetesFaults.ExceptionFromAsync(Response(500, body), TestContext.Current.CancellationToken)).Fault;
        Assert.InRange(fault.Message.Length, 300, 450);
        Assert.DoesNotContain('\n', fault.Message);
    }

    private static HttpRequestException Wrapped(Exception inner) => new("outer", inner);

    private static HttpResponseMessage Response(int code, string body)
    {
        var request = ApiRequest.Get("api/v1/pods", "list pods");
        ApiRequest.SetContext(request, "dev");
        return new((HttpStatusCode)code) { Content = new StringContent(body), RequestMessage = request };
    }
}
