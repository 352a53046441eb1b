using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>No record: nothing prints it.</summary>
/// <param name="refreshToken">Null when the old one stays.</param>
internal sealed class OidcTokens(string idToken, string? refreshToken)
{
    public string IdToken => idToken;

    public string? RefreshToken => refreshToken;
}

/// <summary>
/// Talks to an identity provider: where its token endpoint is, and new tokens for a refresh token.
/// https://openid.net/specs/openid-connect-discovery-1_0.html, https://datatracker.ietf.org/doc/html/rfc6749#section-6
/// </summary>
internal sealed class OidcClient(OidcConfig config, Func<KubeCluster, IServerTransport> transports, TimeProvider time)
{
    // Both questions together stay below the patience that callers have with an attempt.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(6);

    // Providers want the client's name and secret in a header or in the form; which, is found out once, as oauth2 of Go does.
    private bool? _inForm;

    private string Provider => config.Issuer.Authority;

    /// <exception cref="ForwardException">The provider refuses, or cannot be asked.</exception>
    public async Task<OidcTokens> RefreshAsync(string refreshToken, CancellationToken cancellationToken)
    {
        var endpoint = await EndpointAsync(cancellationToken);
        var (answer, error) = await AskAsync(endpoint, refreshToken, _inForm ?? false, cancellationToken);
        // With this word it has accepted the client.
        if (answer is null && error != "invalid_grant" && _inForm is null)
        {
            (answer, error) = await AskAsync(endpoint, refreshToken, true, cancellationToken);
            if (answer is not null)
                _inForm = true;
        }

        if (answer is null)
        {
            throw new ForwardException(new(FaultKind.SignInRequired,
                $"The identity provider {Provider} does not renew the sign-in of user '{config.UserName}'{(error is null ? "" : $" ({error})")}.",
                "Sign in again with the tool that wrote the kubeconfig; the forwards go on by themselves."));
        }

        _inForm ??= false;
        return answer.IdToken is { Length: > 0 } idToken
            ? new(idToken, answer.RefreshToken is { Length: > 0 } next ? next : null)
            : throw new ForwardException(new(FaultKind.CredentialsUnavailable,
                $"The identity provider {Provider} renewed the sign-in of user '{config.UserName}' without an id_token.",
                "Sign in with the scope 'openid'; some providers issue no id_token when they renew."));
    }

    private async Task<Uri> EndpointAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{config.Issuer.OriginalString}/.well-known/openid-configuration");
        var (isSuccess, body) = await SendAsync(request, cancellationToken);
        var found = isSuccess ? Parse(body, OidcJson.Default.OidcDiscovery)?.TokenEndpoint : null;
        return Uri.TryCreate(found, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "https" or "http"
            ? endpoint
            : throw Unavailable("says nothing about its token endpoint", "Check idp-issuer-url in the kubeconfig.");
    }

    /// <returns>The answer; or null and the provider's word for why not.</returns>
    private async Task<(OidcAnswer? Answer, string? Error)> AskAsync(Uri endpoint, string refreshToken, bool inForm, CancellationToken cancellationToken)
    {
        Dictionary<string, string> form = new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken };
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint);
        if (inForm)
        {
            form["client_id"] = config.ClientId;
            if (config.ClientSecret is { } secret)
                form["client_secret"] = secret;
        }
        else
        {
            var pair = $"{Uri.EscapeDataString(config.ClientId)}:{Uri.EscapeDataString(config.ClientSecret ?? "")}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        request.Content = new FormUrlEncodedContent(form);
        var (isSuccess, body) = await SendAsync(request, cancellationToken);
        var answer = Parse(body, OidcJson.Default.OidcAnswer);
        // Its word is one of a list; what else a provider may say could quote the token.
        return isSuccess && answer is not null ? (answer, null) : (null, answer?.Error is { Length: < 40 } word && word.All(c => char.IsAsciiLetterLower(c) || c == '_') ? word : null);
    }

    private async Task<(bool IsSuccess, string Body)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        request.Headers.Accept.Add(new("application/json"));
        try
        {
            using var transport = transports(new() { Server = request.RequestUri!, CertificateAuthorities = config.CertificateAuthorities, Fingerprint = "" });
            using var response = await transport.SendAsync(request, stop.Token);
            var body = await response.Content.ReadAsStringAsync(stop.Token);
            return (int)response.StatusCode < 500 ? (response.IsSuccessStatusCode, body) : throw Unavailable($"answered with an error ({(int)response.StatusCode})", null);
        }
        catch (Exception e) when (e is not ForwardException { Fault.Kind: FaultKind.CredentialsUnavailable } && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesFaults.From(e, request.RequestUri!).Kind == FaultKind.TlsNotTrusted
                ? Unavailable("shows a certificate that is not trusted", "Name its authority in idp-certificate-authority(-data) in the kubeconfig.", e)
                : Unavailable("cannot be reached", "Check the network, the VPN and idp-issuer-url in the kubeconfig.", e);
        }
    }

    private static T? Parse<T>(string body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException)
        {
            // A gateway's page, for instance: no answer.
            return default;
        }
    }

    private ForwardException Unavailable(string how, string? hint, Exception? inner = null) => new(new(FaultKind.CredentialsUnavailable,
        $"The identity provider {Provider} of user '{config.UserName}' {how}.", hint), inner);
}

internal sealed class OidcDiscovery
{
    [JsonPropertyName("token_endpoint")]
    public string? TokenEndpoint { get; set; }
}

internal sealed class OidcAnswer
{
    [JsonPropertyName("id_token")]
    public string? IdToken { get; set; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; set; }

    [JsonPropertyName("error")]
    public string? Error { get; set; }
}

[JsonSerializable(typeof(OidcDiscovery))]
[JsonSerializable(typeof(OidcAnswer))]
internal sealed partial class OidcJson : JsonSerializerContext;
