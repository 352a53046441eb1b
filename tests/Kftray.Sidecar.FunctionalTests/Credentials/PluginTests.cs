using System.Globalization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.FunctionalTests.Continuity;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Credentials;

/// <summary>Forwards of a user whose credentials come from a plugin, with a real program and a real server that refuses what has expired.</summary>
public sealed class PluginTests : FunctionalTest
{
    protected override TimeSpan Limit => base.Limit + TimeSpan.FromSeconds(Seconds("KFTRAY_TOKEN_TEST", 0));

    private string Runs => Path.Combine(Folder, "runs");

    private int RunCount => File.Exists(Runs) ? File.ReadAllLines(Runs).Length : 0;

    [Fact]
    public async Task HundredForwards_OfOneUser_StartWithOneRunOfThePlugin()
    {
        await RunApplicationAsync("echo", "echo");
        Cluster.Users.Tokens.Add("a-token-of-the-plugin", "dev");
        UsePlugin("echo run >> \"$RUNS\"; " + Print("a-token-of-the-plugin"));

        await ApplyAsync(string.Join(", ", Enumerable.Range(0, 100).Select(n => $$"""{ "alias": "f{{n}}", "service": "echo", "remote_port": 80 }""")));
        foreach (var n in Enumerable.Range(0, 100))
            await BecomesAsync($"f{n}", ForwardStatus.Active);

        Assert.Equal(1, RunCount);
    }

    [Fact]
    public async Task Tokens_ThatExpireUnderLoad_CostOneRunEachAndNoConnection()
    {
        // By default short enough for every run of the suite; five minutes of ten seconds each when somebody asks for them.
        var life = Seconds("KFTRAY_TOKEN_LIFE", 3);
        var duration = TimeSpan.FromSeconds(Seconds("KFTRAY_TOKEN_TEST", 10));
        await RunApplicationAsync("echo", "echo");
        Cluster.Users.Tokens.Review = token => token.Split('-') is ["expiring", var until, _]
            && TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() < long.Parse(until, CultureInfo.InvariantCulture) ? "dev" : null;
        UsePlugin($$"""
            echo run >> "$RUNS"
            until=$(( $(date +%s) + {{life}} ))
            printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"expiring-%s-%s","expirationTimestamp":"%s"} }' \
              "$until" "$$" "$(date -u -d "@$until" +%Y-%m-%dT%H:%M:%SZ)"
            """);
        var names = Enumerable.Range(0, 20).Select(n => $"f{n}").ToArray();
        await ApplyAsync(string.Join(", ", names.Select(name => $$"""{ "alias": "{{name}}", "service": "echo", "remote_port": 80 }""")));
        List<ConnectionLoad> loads = [];
        foreach (var name in names)
            loads.Add(new((await BecomesAsync(name, ForwardStatus.Active)).LocalPort, perSecond: 10));

        var started = TimeProvider.System.GetTimestamp();
        var asked = await AskTheClusterAsync(duration);
        List<LoadedConnection> connections = [];
        foreach (var load in loads)
        {
            connections.AddRange(await load.StopAsync());
            await load.DisposeAsync();
        }

        var elapsed = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var served = connections.Count(connection => connection.Error is null);
        Assert.Empty(connections.Select(connection => connection.Error).OfType<string>());
        Assert.True(served > 100, $"Only {served} connections.");
        // Renewed when nine tenths of a token's time are over; the time it is issued at is a whole second, so up to one less.
        Assert.InRange(RunCount, (int)(elapsed / life), (int)Math.Ceiling(elapsed / ((life - 1) * 0.9)) + 1);
        Assert.Equal(0, Cluster.Requests.Count(request => request.User is null));
        TestContext.Current.SendDiagnosticMessage($"{served} connections and {asked} lists in {elapsed:0} s, {RunCount} runs of the plugin for tokens of {life} s.");
    }

    [Fact]
    public async Task Token_RevokedInMidFlight_IsRenewedOnceAndNothingIsLost()
    {
        await RunApplicationAsync("echo", "echo");
        Cluster.Users.Tokens.Add("the-first-token", "dev");
        var next = WriteFile("next", "the-first-token");
        UsePlugin($$"""echo run >> "$RUNS"; token=$(cat "{{next}}"); {{Print("'\"$token\"'")}}""");
        var port = await ForwardAsync("echo");
        using var client = await ConnectAsync(port);
        Assert.Equal("one", await client.EchoAsync("one", TimeoutToken));

        WriteFile("next", "the-second-token");
        Cluster.Users.Tokens.Add("the-second-token", "dev");
        Cluster.Users.Tokens.Revoke("the-first-token");
        Cluster.Connections.ResetAll();

        using var later = await ConnectAsync(port);
        Assert.Equal("two", await later.EchoAsync("two", TimeoutToken));
        Assert.Equal(2, RunCount);
    }

    [Fact]
    public async Task Token_RefusedAlthoughNew_PausesAndDoesNotStorm()
    {
        await RunApplicationAsync("echo", "echo");
        WrittenText.OfTheSuite.AddSecret("a-token-nobody-takes");
        UsePlugin("echo run >> \"$RUNS\"; " + Print("a-token-nobody-takes"));
        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");

        var paused = await WaitForAsync("echo", snapshot => snapshot.Fault?.Kind == FaultKind.Unauthorized);
        Assert.Equal((ForwardStatus.Reconnecting, WaitingFor.User), (paused.Status, paused.WaitingFor));
        using var client = await ConnectAsync(paused.LocalPort);
        // The server is asked whether it has thought better of it; the plugin is not.
        await Cluster.Requests.WaitAsync(request => request.PathAndQuery == "/version", TimeoutToken, count: 4);
        Assert.Equal(2, RunCount);

        Cluster.Users.Tokens.Add("a-token-nobody-takes", "dev");
        await BecomesAsync("echo", ForwardStatus.Active);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));
        Assert.Equal(2, RunCount);
    }

    [Fact]
    public async Task SignIn_AfterAFailure_LetsAllForwardsOfTheClusterGoOn()
    {
        await RunApplicationAsync("echo", "echo");
        Cluster.Users.Tokens.Add("a-token-after-sign-in", "dev");
        var signedIn = Path.Combine(Folder, "signed-in");
        UsePlugin($$"""[ -f "{{signedIn}}" ] || { echo 'Please sign in: https://login.example/device, code ABCD (Bearer abcdefgh12345678)' >&2; exit 1; }; {{Print("a-token-after-sign-in")}}""");
        await ApplyAsync("""{ "alias": "a", "service": "echo", "remote_port": 80 }, { "alias": "b", "service": "echo", "remote_port": 80 }""");
        var paused = await WaitForAsync("a", snapshot => snapshot.Fault?.Kind == FaultKind.CredentialsUnavailable);
        Assert.Equal((ForwardStatus.Reconnecting, WaitingFor.User), (paused.Status, paused.WaitingFor));
        Assert.Contains("https://login.example/device, code ABCD", paused.Fault!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefgh12345678", paused.Fault.Message, StringComparison.Ordinal);
        Assert.NotNull(await SignInAsync(paused.Id));

        await File.WriteAllTextAsync(signedIn, "", TimeoutToken);
        Assert.Null(await SignInAsync(paused.Id));

        await BecomesAsync("a", ForwardStatus.Active);
        var other = await BecomesAsync("b", ForwardStatus.Active);
        using var client = await ConnectAsync(other.LocalPort);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));
    }

    [Fact]
    public async Task InsecureCluster_IsMarkedInTheRow()
    {
        await RunApplicationAsync("echo", "echo");
        var text = await File.ReadAllTextAsync(Kubeconfig, TimeoutToken);
        var start = text.IndexOf("\"certificate-authority-data\"", StringComparison.Ordinal);
        var end = text.IndexOf('}', start);
        await File.WriteAllTextAsync(Kubeconfig, text[..start] + "\"insecure-skip-tls-verify\": true" + text[end..], TimeoutToken);

        await ApplyAsync("""{ "service": "echo", "remote_port": 80 }""");

        var active = await BecomesAsync("echo", ForwardStatus.Active);
        Assert.Contains("insecure-skip-tls-verify", active.Warning, StringComparison.Ordinal);
    }

    private static string Print(string token) =>
        $$"""printf '%s' '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"{{token}}"} }'""";

    private string WriteFile(string name, string text)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private void UsePlugin(string script)
    {
        // Run by sh, not by itself: a file that was just written may still be open in a process that is being forked.
        WriteFile("plugin.sh", script.ReplaceLineEndings("\n"));
        WriteFile("kubeconfig", $$"""
            current-context: demo
            contexts: [{name: demo, context: {cluster: demo, user: me, namespace: {{Shop}} } }]
            clusters: [{name: demo, cluster: {server: "{{Cluster.Server.ToString().TrimEnd('/')}}", certificate-authority-data: {{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(Cluster.AuthorityPem))}} } }]
            users: [{name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: ["{{Path.Combine(Folder, "plugin.sh")}}"], interactiveMode: Never, env: [{name: RUNS, value: "{{Runs}}"}] } } }]
            """);
    }

    /// <summary>Requests that carry a token each, ten a second.</summary>
    private async Task<int> AskTheClusterAsync(TimeSpan duration)
    {
        using var end = new CancellationTokenSource(duration);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var asked = 0; ; asked++)
        {
            if (end.IsCancellationRequested)
                return asked;
            await timer.WaitForNextTickAsync(TimeoutToken);
            Assert.NotEmpty((await BrowseAsync(Shop)).Workloads);
        }
    }

    private static int Seconds(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var seconds) ? seconds : otherwise;
}
