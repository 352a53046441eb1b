using System.Net;
using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>An API server that answers port-forwards as the test says.</summary>
internal sealed class ScriptedServer : IApiServer
{
    private readonly Lock _lock = new();
    private readonly List<string> _requests = [];

    public string Context => "test";

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_lock)
                return [.. _requests];
        }
    }

    public string? LastKey { get; private set; }

    public string? LastProtocol { get; private set; }

    public bool HangPost { get; set; }

    public Func<HttpResponseMessage> OnPost { get; set; } = () => new HttpResponseMessage(HttpStatusCode.BadRequest);

    /// <summary>Asked for every WebSocket. Null: never answered.</summary>
    public Func<HttpResponseMessage?> OnGet { get; set; } = () => new HttpResponseMessage(HttpStatusCode.BadRequest);

    /// <summary>The answer that makes a connection out of the request.</summary>
    public static HttpResponseMessage Upgraded(Stream? connection = null) =>
        new(HttpStatusCode.SwitchingProtocols) { Content = new DuplexContent(connection ?? new MemoryStream()) };

    /// <summary>The same for a WebSocket with this subprotocol.</summary>
    public HttpResponseMessage Accepted(string subprotocol, Stream? connection = null)
    {
        var response = Upgraded(connection);
        response.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", subprotocol);
        response.Headers.TryAddWithoutValidation("Sec-WebSocket-Accept", AcceptFor(LastKey!));
        return response;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (_lock)
            _requests.Add($"{request.Method} {request.RequestUri} {request.Headers.Upgrade} {request.Version}");
        LastKey = request.Headers.TryGetValues("Sec-WebSocket-Key", out var keys) ? keys.Single() : null;
        LastProtocol = request.Headers.TryGetValues("Sec-WebSocket-Protocol", out var protocols) ? protocols.Single() : null;
        var response = request.Method != HttpMethod.Post ? OnGet() : HangPost ? null : OnPost();
        if (response is null)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return response!;
    }

    // RFC 6455 §1.3.
    private static string AcceptFor(string key) =>
#pragma warning disable CA5350
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350

    /// <summary>What follows a 101: readable and writable.</summary>
    private sealed class DuplexContent(Stream connection) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(connection);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => throw new NotSupportedException();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                connection.Dispose();
            base.Dispose(disposing);
        }
    }
}
