using System.Buffers.Text;
using System.Net;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Tokens of an identity provider that rotates them: none may be used twice, and none be lost.</summary>
public sealed class OidcTests : TestBase
{
    private readonly string _folder;
    private readonly List<string> _used = [];
    private int _issued;

    public OidcTests() => _folder = CreateFolder();

    private string Kubeconfig => Path.Combine(_folder, "config");

    [Fact]
    public async Task Issue_TokenExpired_RenewsAndReplacesTheTokensOnly()
    {
        Write(Token(-1), "r0");
        var text = await File.ReadAllTextAsync(Kubeconfig, TimeoutToken);

        var issued = await Issuer().IssueAsync(TimeoutToken);

        var now = Read();
        Assert.Equal(now.IdToken, issued.Credential.Authorization!.Parameter);
        Assert.Equal(text.Replace(Token(-1), $"\"{now.IdToken}\"").Replace("refresh-token: r0", $"refresh-token: \"{now.RefreshToken}\""), await File.ReadAllTextAsync(Kubeconfig, TimeoutToken));
        Assert.Equal(["r0"], _used);
        Assert.Equal(["config"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Issue_AnotherProgramHasRenewed_TakesWhatIsThere()
    {
        Write(Token(-1), "r0");
        var issuer = Issuer();
        Write(Token(60), "r1");

        Assert.Equal(Token(60), (await issuer.IssueAsync(TimeoutToken)).Credential.Authorization!.Parameter);
        Assert.Empty(_used);
    }

    [Fact]
    public async Task Issue_TheSameTokenAgain_WouldBeRefusedAgainAndIsRenewed()
    {
        Write(Token(60), "r0");
        var issuer = Issuer();
        await issuer.IssueAsync(TimeoutToken);
        await issuer.IssueAsync(TimeoutToken);
        Assert.Equal(["r0"], _used);
    }

    [Fact]
    public async Task Issue_LockThatSomebodyHasLeft_RenewsAndKeepsTheTokensInMemory()
    {
        Write(Token(-1), "r0");
        await File.WriteAllTextAsync(Kubeconfig + ".lock", "", TimeoutToken);
        var issuer = Issuer();
        var issuing = issuer.IssueAsync(TimeoutToken);
        while (!issuing.IsCompleted)
        {
            await Task.WhenAny(issuing, Time.Armed(due => due < TimeSpan.FromSeconds(1)));
            Time.Advance(OidcTokenStore.LockPatience);
        }

        Assert.NotEqual(Token(-1), (await issuing).Credential.Authorization!.Parameter);
        Assert.Equal((Token(-1), "r0"), Read());
        File.Delete(Kubeconfig + ".lock");
        await issuer.IssueAsync(TimeoutToken);
        Assert.Equal(["r0", "r1"], _used);
        Assert.Equal("r2", Read().RefreshToken);
    }

    [Fact]
    public async Task Issue_RefreshTokenRefused_AsksTheUserAndQuotesNothing()
    {
        Write(Token(-1), "SECRET-refused");
        var fault = (await Assert.ThrowsAsync<ForwardException>(() => Issuer().IssueAsync(TimeoutToken))).Fault;
        Assert.Equal(FaultKind.SignInRequired, fault.Kind);
        Assert.Contains("invalid_grant", fault.Message);
        Assert.DoesNotContain("SECRET", fault.ToString());
        Assert.Equal(["SECRET-refused"], _used);
    }

    [Theory]
    [InlineData("""{"exp": 1900000000}""", 1900000000)]
    [InlineData("""{"exp": 1.9e9}""", 1900000000)]
    [InlineData("""{"exp": "soon"}""", null)]
    [InlineData("""["exp"]""", null)]
    [InlineData("not json", null)]
    public void Expires_OfClaims_IsReadOrUnknown(string claims, int? seconds) =>
        Assert.Equal(seconds, (int?)IdToken.Expires($"a.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.c")?.ToUnixTimeSeconds());

    private OidcCredentialIssuer Issuer()
    {
        var config = OidcConfig.From(Sidecar.Kubernetes.Kubeconfig.Load([Kubeconfig]).Resolve(null).User.AuthProvider!);
        return new(config, new OidcClient(config, _ => new Provider(this), Time), new OidcTokenStore(config, Time, Log), Time);
    }

    private void Write(string idToken, string refreshToken) => File.WriteAllText(Kubeconfig, $$"""
        # mine
        current-context: x
        contexts: [{name: x, context: {cluster: c, user: me} }]
        clusters: [{name: c, cluster: {server: https://s} }]
        users:
        - name: me
          user:
            auth-provider:
              name: oidc
              config:
                client-id: kubernetes # of the realm
                id-token: {{idToken}}
                refresh-token: {{refreshToken}}
                idp-issuer-url: https://idp.test/realm/
        """);

    private (string? IdToken, string? RefreshToken) Read()
    {
        var provider = Sidecar.Kubernetes.Kubeconfig.Load([Kubeconfig]).Resolve(null).User.AuthProvider!;
        return (provider["id-token"], provider["refresh-token"]);
    }

    /// <summary>A token that expires so many minutes from the beginning of the test.</summary>
    private string Token(int minutes, int number = 0)
    {
        var claims = $$"""{"exp": {{Time.Start.AddMinutes(minutes).ToUnixTimeSeconds()}}, "n": {{number}} }""";
        return $"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.sig";
    }

    private sealed class Provider(OidcTests test) : IServerTransport
    {
        public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsoluteUri == "https://idp.test/realm/.well-known/openid-configuration")
                return new(HttpStatusCode.OK) { Content = new StringContent("""{"token_endpoint": "https://idp.test/token"}""") };
            var form = await request.Content!.ReadAsStringAsync(cancellationToken);
            var used = form.Split("refresh_token=")[^1];
            test._used.Add(used);
            return used.EndsWith("refused", StringComparison.Ordinal)
                ? new(HttpStatusCode.BadRequest) { Content = new StringContent("""{"error": "invalid_grant", "error_description": "SECRET"}""") }
                : new(HttpStatusCode.OK) { Content = new StringContent($$"""{"id_token": "{{test.Token(60, ++test._issued)}}", "refresh_token": "r{{test._issued}}" }""") };
        }

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
