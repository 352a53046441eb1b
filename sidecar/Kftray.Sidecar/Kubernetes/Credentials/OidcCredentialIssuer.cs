using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// ID tokens of the <c>oidc</c> auth-provider: what the kubeconfig has, as long as it is good, then a new one for the refresh token. Everything
/// is done under kubectl's own lock and from the file as it is then: providers that rotate refresh tokens take a second use for a theft.
/// </summary>
internal sealed class OidcCredentialIssuer(OidcConfig config, OidcClient client, OidcTokenStore store, TimeProvider time) : ICredentialIssuer
{
    // client-go's: a token that is about to expire is no use.
    private static readonly TimeSpan ExpiryDelta = TimeSpan.FromSeconds(10);

    // Where the file cannot be written, what is newest is here.
    private volatile Issued? _last;

    /// <summary>True for a token that did not come from here: the user has signed in anew, or kubectl has renewed it.</summary>
    public bool IsNews(string? idToken) => idToken is not null && idToken != _last?.IdToken;

    public async Task<IssuedCredential> IssueAsync(CancellationToken cancellationToken)
    {
        if (Good(store.Read()) is { } good)
            return Issue(new(good, null));

        await using var file = await store.OpenAsync(cancellationToken);
        // Somebody else may have renewed it while we waited for the lock.
        if (Good(file.Tokens) is { } renewed)
            return Issue(new(renewed, null));

        var refreshToken = _last?.UnsavedRefreshToken ?? file.Tokens.RefreshToken ?? config.RefreshToken ?? throw new ForwardException(new(FaultKind.SignInRequired,
            $"The ID token of user '{config.UserName}' is missing, expired or refused, and there is no refresh token to get another.",
            "Sign in again with the tool that wrote the kubeconfig; the forwards go on by themselves."));
        var tokens = await client.RefreshAsync(refreshToken, cancellationToken);
        // Not cancelled any more: a rotated token that is not kept is lost.
        var isSaved = await file.SaveAsync(tokens);
        return Issue(new(tokens.IdToken, isSaved ? null : tokens.RefreshToken ?? refreshToken));
    }

    public Fault SlowAttempt(bool isOver) => new(FaultKind.CredentialsUnavailable,
        $"The identity provider {config.Issuer.Authority} of user '{config.UserName}' {(isOver ? "did not answer" : "does not answer yet")}.",
        "Check the network and the VPN.");

    /// <returns>An ID token that is worth a try. The same one twice is not: it has expired then, or the server refuses it.</returns>
    private string? Good(OidcStoredTokens stored) =>
        (stored.IdToken ?? config.IdToken) is { } idToken && idToken != _last?.IdToken && IdToken.Expires(idToken) - ExpiryDelta > time.GetUtcNow() ? idToken : null;

    private IssuedCredential Issue(Issued issued)
    {
        _last = issued;
        return new(new(BearerToken.Header(issued.IdToken, "the identity provider"), null), IdToken.Expires(issued.IdToken) - ExpiryDelta);
    }

    private sealed class Issued(string idToken, string? unsavedRefreshToken)
    {
        public string IdToken => idToken;

        /// <summary>Set when the file could not take it.</summary>
        public string? UnsavedRefreshToken => unsavedRefreshToken;
    }
}
