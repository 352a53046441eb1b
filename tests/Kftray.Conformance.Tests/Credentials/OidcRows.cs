using Kftray.Sidecar.Contract;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>The auth-provider for identity providers.</summary>
internal static class OidcRows
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static IReadOnlyList<CredentialRow> All { get; } =
    [
        new("oidc: an ID token that is good", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, provider.NewIdToken(Hour), null));
        }),
        new("oidc: an ID token that has expired is renewed, and the new ones are written down", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, provider.NewIdToken(-Hour), provider.NewRefreshToken()));
            world.Write("before", File.ReadAllText(world.Path_("config")));
        }) { Verify = world => Assert.True(AreNew(world)) },
        new("oidc: a refresh token alone", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, null, provider.NewRefreshToken()));
        }) { Verify = world => Assert.Contains("id-token", File.ReadAllText(world.Path_("config")), StringComparison.Ordinal) },
        new("oidc: a provider that wants the secret in the form", async world =>
        {
            var provider = await world.OidcAsync();
            provider.WantsSecretInForm = true;
            world.Config(world.OidcUser(provider, null, provider.NewRefreshToken()));
        }),
        new("oidc: a refresh token that was used already", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, null, "used-already"));
        })
        {
            Refusal = FaultKind.SignInRequired, KubectlSays = "failed to refresh token", SidecarSays = "invalid_grant",
        },
        new("oidc: expired, and no refresh token", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, provider.NewIdToken(-Hour), null));
        })
        {
            Refusal = FaultKind.SignInRequired, KubectlSays = "cannot refresh without refresh-token", SidecarSays = "no refresh token",
        },
        new("oidc: a provider that is not trusted", async world =>
        {
            var provider = await world.OidcAsync();
            world.Config(world.OidcUser(provider, null, provider.NewRefreshToken()).Replace($", idp-certificate-authority-data: {world.Authority}", ""));
        })
        {
            Refusal = FaultKind.CredentialsUnavailable, KubectlSays = "unknown authority", SidecarSays = "idp-certificate-authority",
        },
        new("oidc: no issuer", world => world.Config("auth-provider: {name: oidc, config: {client-id: x}}"))
        {
            Refusal = FaultKind.KubeconfigInvalid, KubectlSays = "idp-issuer-url", SidecarSays = "idp-issuer-url",
        },
    ];

    private static bool AreNew(CredentialWorld world) => Tokens(world.Path_("config")) is [var idToken, var refreshToken]
        && Tokens(world.Path_("before")) is [var oldIdToken, var oldRefreshToken] && idToken != oldIdToken && refreshToken != oldRefreshToken;

    private static string[] Tokens(string path) =>
        [.. ((string[])["id-token", "refresh-token"]).Select(key => File.ReadAllText(path).Split(key + ":")[1].Split([',', '}', '\n'])[0].Trim(' ', '"'))];
}
