using System.Net;
using System.Text;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Credentials;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class CredentialTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("kftray-test-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly ScriptedPlugins _plugins = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Token_Inline_IsABearerHeader() =>
        Assert.Equal("Bearer abc", await HeaderAsync(new() { Token = "abc", Fingerprint = "" }));

    [Fact]
    public async Task Password_Inline_IsABasicHeader() => Assert.Equal(
        "Basic " + Convert.ToBase64String("me:pä:ss"u8), await HeaderAsync(new() { Username = "me", Password = "pä:ss", Fingerprint = "" }));

    [Fact]
    public async Task TokenFile_Changed_IsReadAgainAndBeatsTheToken()
    {
        var path = Path.Combine(_directory, "token");
        await File.WriteAllTextAsync(path, "first\n", Cancellation);
        var source = Source(new() { Token = "inline", TokenFile = path, Fingerprint = "" });
        Assert.Equal("Bearer first", (await source.GetAsync(Cancellation)).Authorization?.ToString());

        await File.WriteAllTextAsync(path, "second\n", Cancellation);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));
        Assert.Equal("Bearer second", (await source.GetAsync(Cancellation)).Authorization?.ToString());
    }

    [Fact]
    public async Task TokenFile_Missing_IsAFaultThatNamesIt()
    {
        var source = Source(new() { TokenFile = Path.Combine(_directory, "gone"), Fingerprint = "" });
        var fault = (await Assert.ThrowsAsync<ForwardException>(async () => await source.GetAsync(Cancellation))).Fault;
        Assert.Equal(FaultKind.CredentialsUnavailable, fault.Kind);
        Assert.Contains("gone", fault.Message);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ClientCertificate_EcOrRsaInOldAndNewForm_IsReadWithItsIntermediates(bool rsa, bool legacy)
    {
        var root = Certificates.Authority();
        var intermediate = Certificates.Issue(root, "intermediate", isAuthority: true);
        var leaf = Certificates.Issue(intermediate, "me", rsa: rsa);
        var credential = await Source(new()
        {
            ClientCertificate = new(leaf.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem(), null),
            ClientKey = new(Certificates.KeyPem(leaf, legacy), null),
            Fingerprint = "",
        }).GetAsync(Cancellation);

        Assert.Equal(leaf.Thumbprint, credential.Certificate!.Context.TargetCertificate.Thumbprint);
        Assert.Contains(credential.Certificate.Context.IntermediateCertificates, c => c.Thumbprint == intermediate.Thumbprint);
    }

    [Fact]
    public void ClientCertificate_KeyOfAnother_IsAFaultWithoutContent()
    {
        var authority = Certificates.Authority();
        var key = Certificates.KeyPem(Certificates.Issue(authority, "other"));
        var fault = Assert.Throws<ForwardException>(() => Source(new()
        {
            ClientCertificate = new(Certificates.Issue(authority, "me").ExportCertificatePem(), null),
            ClientKey = new(key, null),
            Fingerprint = "",
        })).Fault;
        Assert.Equal(FaultKind.CredentialsUnavailable, fault.Kind);
        Assert.DoesNotContain(key.Split('\n')[1], fault.ToString());
    }

    [Theory]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}""", "neither a token nor")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"SECRET"}}""", "another apiVersion")]
    [InlineData("SECRET { not json", "JSON")]
    [InlineData("""{"apiVersion":"client.authentication.k8s.io/v1","status":{"token":["SECRET"]}}""", "JSON")]
    public async Task Plugin_UselessAnswer_IsAFaultThatTellsNoSecret(string output, string part)
    {
        _plugins.Answer = _ => Task.FromResult(output);
        var fault = (await Assert.ThrowsAsync<ForwardException>(async () => await Source(Exec()).GetAsync(Cancellation))).Fault;
        Assert.Equal(FaultKind.CredentialsUnavailable, fault.Kind);
        Assert.Contains(part, fault.Message);
        Assert.DoesNotContain("SECRET", fault.ToString());
    }

    [Fact]
    public void ExecInfo_ClusterAskedFor_IsGiven()
    {
        var cluster = new KubeCluster
        {
            Server = new("https://s:6443"), CertificateAuthorities = "CA", TlsServerName = "n", ExecConfig = """{"a":1}""", Fingerprint = "",
        };
        using var with = JsonDocument.Parse(ExecInfo.Write(ExecOf("p", clusterInfo: true), cluster));
        using var without = JsonDocument.Parse(ExecInfo.Write(ExecOf("p"), cluster));

        var spec = with.RootElement.GetProperty("spec");
        Assert.Equal("ExecCredential", with.RootElement.GetProperty("kind").GetString());
        Assert.False(spec.GetProperty("interactive").GetBoolean());
        Assert.Equal("https://s:6443", spec.GetProperty("cluster").GetProperty("server").GetString());
        Assert.Equal("CA", Encoding.UTF8.GetString(spec.GetProperty("cluster").GetProperty("certificate-authority-data").GetBytesFromBase64()));
        Assert.Equal(1, spec.GetProperty("cluster").GetProperty("config").GetProperty("a").GetInt32());
        Assert.False(without.RootElement.GetProperty("spec").TryGetProperty("cluster", out _));
    }

    [Fact]
    public void AuthProvider_Gone_NamesThePluginToUse()
    {
        var fault = Assert.Throws<ForwardException>(() => Source(new()
        {
            AuthProvider = new() { Name = "gcp", Values = new Dictionary<string, string>(), File = "", UserName = "me" }, Fingerprint = "",
        })).Fault;
        Assert.Contains("gke-gcloud-auth-plugin", fault.Hint);
    }

    [Fact]
    public async Task Request_CredentialRefused_IsRepeatedOnceWithAFreshOne()
    {
        _plugins.Answer = run => Task.FromResult(Token($"t{run}"));
        var seen = new List<string>();
        await using var server = Server(Exec(), request =>
        {
            seen.Add(request.Headers.Authorization!.Parameter!);
            return new HttpResponseMessage(seen.Count == 1 ? HttpStatusCode.Unauthorized : HttpStatusCode.OK);
        });

        using var response = await server.SendAsync(ApiRequest.Get("api/v1/pods", "list pods"), Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["t1", "t2"], seen);
    }

    [Fact]
    public async Task Plugin_UserWithAClientCertificateToo_IsNotRun()
    {
        var leaf = Certificates.Issue(Certificates.Authority(), "me");
        var credential = await Source(new()
        {
            Exec = ExecOf("login"),
            ClientCertificate = new(leaf.ExportCertificatePem(), null),
            ClientKey = new(Certificates.KeyPem(leaf), null),
            Fingerprint = "",
        }).GetAsync(Cancellation);

        Assert.NotNull(credential.Certificate);
        Assert.Equal(0, _plugins.Runs);
    }

    [Fact]
    public async Task Plugin_AnswersInYaml_IsUnderstood()
    {
        _plugins.Answer = _ => Task.FromResult("apiVersion: client.authentication.k8s.io/v1\nkind: ExecCredential\nstatus:\n  token: abc\n");
        Assert.Equal("Bearer abc", await HeaderAsync(Exec()));
    }

    [Fact]
    public async Task Plugin_OfOneUserInTwoContexts_RunsOnce()
    {
        _plugins.Answer = run => Task.FromResult(Token($"t{run}"));
        var sources = Sources();
        var user = Exec();
        foreach (var context in (string[])["one", "two"])
        {
            var source = sources.For(new(context, null, new() { Server = new("https://s"), Fingerprint = "" }, user));
            Assert.Equal("Bearer t1", (await source.GetAsync(Cancellation)).Authorization?.ToString());
        }
    }

    [Fact]
    public async Task TokenFile_Missing_LeavesTheToken() =>
        Assert.Equal("Bearer inline", await HeaderAsync(new() { Token = "inline", TokenFile = Path.Combine(_directory, "gone"), Fingerprint = "" }));

    [Fact]
    public void Token_WithALineEnd_IsAFaultThatDoesNotQuoteIt()
    {
        var fault = Assert.Throws<ForwardException>(() => Source(new() { Token = "SECRET\n", Fingerprint = "" })).Fault;
        Assert.Equal(FaultKind.CredentialsUnavailable, fault.Kind);
        Assert.DoesNotContain("SECRET", fault.ToString());
    }

    [Fact]
    public async Task Request_FixedTokenRefused_IsNotRepeated()
    {
        var requests = 0;
        await using var server = Server(new() { Token = "t", Fingerprint = "" }, request =>
        {
            // Not the probe that it causes.
            if (request.RequestUri!.AbsolutePath.EndsWith("/pods", StringComparison.Ordinal))
                requests++;
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);
        });
        using var response = await server.SendAsync(ApiRequest.Get("api/v1/pods", "list pods"), Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task Request_PathPrefixAndImpersonation_ReachTheServer()
    {
        HttpRequestMessage? sent = null;
        var user = new KubeUser
        {
            Token = "t",
            Impersonation = new("jane", "7", ["dev", "ops"], new Dictionary<string, IReadOnlyList<string>> { ["a/b"] = ["x", "y"] }),
            Fingerprint = "",
        };
        await using var server = Server(user, request =>
        {
            sent = request;
            return new HttpResponseMessage(HttpStatusCode.OK);
        });

        (await server.SendAsync(ApiRequest.Get("api/v1/pods?limit=1", "list pods"), Cancellation)).Dispose();

        Assert.Equal("https://s:6443/k8s/c-1/api/v1/pods?limit=1", sent!.RequestUri!.AbsoluteUri);
        Assert.Equal(HttpVersion.Version11, sent.Version);
        Assert.StartsWith("kftray-sidecar/", sent.Headers.UserAgent.ToString());
        Assert.Equal(["jane"], sent.Headers.GetValues("Impersonate-User"));
        Assert.Equal(["7"], sent.Headers.GetValues("Impersonate-Uid"));
        Assert.Equal(["dev\u001fops"], sent.Headers.GetValues("Impersonate-Group"));
        Assert.Equal(["x\u001fy"], sent.Headers.GetValues("Impersonate-Extra-a%2Fb"));
    }

    private static ApiServer Server(KubeUser user, Func<HttpRequestMessage, HttpResponseMessage> answer, CredentialTests test) => new(
        new("dev", null, new() { Server = new("https://s:6443/k8s/c-1"), Fingerprint = "" }, user),
        (_, _) => new AnsweringTransport(answer), test.Sources().For,
        () => { }, TimeProvider.System, NullLogger.Instance);

    private ApiServer Server(KubeUser user, Func<HttpRequestMessage, HttpResponseMessage> answer) => Server(user, answer, this);

    private CredentialSources Sources() =>
        new(_plugins, _ => throw new InvalidOperationException("no identity provider expected"), _time, NullLoggerFactory.Instance);

    private ICredentialSource Source(KubeUser user) =>
        Sources().For(new("dev", null, new() { Server = new("https://s"), Fingerprint = "" }, user));

    private async Task<string?> HeaderAsync(KubeUser user) => (await Source(user).GetAsync(Cancellation)).Authorization?.ToString();

    private static KubeUser Exec() => new() { Exec = ExecOf("login"), Fingerprint = "" };

    private static ExecConfig ExecOf(string command, bool clusterInfo = false) => new()
    {
        ApiVersion = "client.authentication.k8s.io/v1", Command = command, UserName = "me", ProvidesClusterInfo = clusterInfo,
    };

    private static string Token(string token, DateTimeOffset? expires = null) =>
        $$"""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{token}}"{{(expires is null ? "" : $",\"expirationTimestamp\":\"{expires:yyyy-MM-ddTHH:mm:ssZ}\"")}} } }""";

    private sealed class AnsweringTransport(Func<HttpRequestMessage, HttpResponseMessage> answer) : IServerTransport
    {
        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));

        public void Dispose()
        {
            // Nothing is open.
        }
    }
}
