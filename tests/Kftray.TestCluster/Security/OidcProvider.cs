using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kftray.Testing.Http;

namespace Kftray.Testing.Security;

/// <summary>
/// An identity provider as small as can be: discovery, and ID tokens for refresh tokens, each of which is good for one use. Raw sockets: a
/// second web server would need a second set of everything.
/// </summary>
public sealed class OidcProvider : IAsyncDisposable
{
    public const string ClientId = "kubernetes";

    private readonly string _user;
    private readonly IssuedTokens _tokens;
    private readonly ServerCertificates _certificates;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _refreshTokens = [];
    private readonly Task _serving;

    private OidcProvider(string user, IssuedTokens tokens, ServerCertificates certificates)
    {
        (_user, _tokens, _certificates) = (user, tokens, certificates);
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Issuer => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/realms/shop";

    public string ClientSecret { get; } = IssuedSecrets.Note(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>How often tokens were renewed.</summary>
    public int Renewals { get; private set; }

    /// <summary>How long ID tokens are good for.</summary>
    public TimeSpan Life { get; set; } = TimeSpan.FromHours(1);

    /// <summary>True: the client's secret is taken in the form only, not in a header.</summary>
    public bool WantsSecretInForm { get; set; }

    internal static Task<OidcProvider> StartAsync(string user, IssuedTokens tokens, ServerCertificates certificates, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? Task.FromCanceled<OidcProvider>(cancellationToken) : Task.FromResult(new OidcProvider(user, tokens, certificates));

    /// <summary>A refresh token, as a login would have left it.</summary>
    public string NewRefreshToken()
    {
        var token = IssuedSecrets.Note(RandomNumberGenerator.GetHexString(48, lowercase: true));
        lock (_gate) _refreshTokens.Add(token);

        return token;
    }

    /// <summary>An ID token, which the cluster takes until it expires.</summary>
    public string NewIdToken(TimeSpan life)
    {
        var expires = TimeProvider.System.GetUtcNow() + life;
        var claims = new JsonObject { ["iss"] = Issuer, ["aud"] = ClientId, ["sub"] = _user, ["exp"] = expires.ToUnixTimeSeconds(), ["jti"] = RandomNumberGenerator.GetHexString(16) };
        var token = $"{Base64Url("""{"alg":"RS256"}""")}.{Base64Url(claims.ToJsonString())}.{Base64Url(RandomNumberGenerator.GetHexString(32))}";
        _tokens.Add(token, _user, expires);
        return token;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                await AnswerAsync(client);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
            {
                // A client that went away, one that does not trust us, or the end.
            }
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        await using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = _certificates.Current }, _stopping.Token);
        var (path, headers, body) = await RawHttp.ReadAsync(tls, _stopping.Token);
        var (status, answer) = path switch
        {
            "/realms/shop/.well-known/openid-configuration" => (200, new JsonObject { ["issuer"] = Issuer, ["token_endpoint"] = Issuer + "/token" }),
            "/realms/shop/token" => Renew(headers, body),
            _ => (404, new JsonObject { ["error"] = "not_found" }),
        };
        var json = Encoding.UTF8.GetBytes(answer.ToJsonString());
        await tls.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\nConnection: close\r\n\r\n"), _stopping.Token);
        await tls.WriteAsync(json, _stopping.Token);
        await tls.ShutdownAsync();
    }

    private (int Status, JsonObject Answer) Renew(IReadOnlyDictionary<string, string> headers, string body)
    {
        var form = body.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair[1].Replace('+', ' ')));
        var header = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{ClientSecret}"))}";
        var isClient = WantsSecretInForm
            ? form.GetValueOrDefault("client_id") == ClientId && form.GetValueOrDefault("client_secret") == ClientSecret
            : headers.GetValueOrDefault("authorization") == header;
        if (!isClient) return (401, new JsonObject { ["error"] = "invalid_client" });
        lock (_gate)
        {
            if (!_refreshTokens.Remove(form.GetValueOrDefault("refresh_token") ?? "")) return (400, new JsonObject { ["error"] = "invalid_grant" });
            Renewals++;
        }

        return (200, new JsonObject { ["token_type"] = "Bearer", ["access_token"] = "unused", ["id_token"] = NewIdToken(Life), ["refresh_token"] = NewRefreshToken() });
    }

    private static string Base64Url(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
