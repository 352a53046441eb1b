using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Credentials;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Real processes: small shell scripts.</summary>
public sealed class PluginRunnerTests
{
    private readonly PluginRunner _runner = Runner(HostEnvironment.FromProcess());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_PluginThatReadsItsInput_FindsItClosedAndAnswers() =>
        Assert.Equal("read nothing: a b/{}/1", await _runner.RunAsync(
            Shell("cat; printf 'read nothing: %s/%s/%s' \"$1\" \"$KUBERNETES_EXEC_INFO\" \"$EXTRA\"", "a b"), "{}", _ => { }, Cancellation));

    [Fact]
    public async Task Run_PluginFails_TellsWhatItSaidOnStandardErrorOnly()
    {
        var fault = await FaultAsync(Shell("echo SECRET; echo 'please log in' >&2; exit 3"));
        Assert.Equal(FaultKind.CredentialsUnavailable, fault.Kind);
        Assert.Contains("failed with exit code 3: please log in", fault.Message);
        Assert.DoesNotContain("SECRET", fault.ToString());
    }

    [Fact]
    public async Task Run_TalkativePlugin_DoesNotBlock() =>
        Assert.EndsWith("end", await _runner.RunAsync(Shell("head -c 300000 /dev/zero | tr '\\0' x >&2; printf end"), "{}", _ => { }, Cancellation));

    [Fact]
    public async Task Run_PluginNotInstalled_SaysWhereItWasLookedForAndHowToGetIt()
    {
        var fault = await FaultAsync(new()
        {
            ApiVersion = "client.authentication.k8s.io/v1", Command = "no-such-plugin-here", UserName = "me", InstallHint = "install it like this",
        });
        Assert.Contains("'no-such-plugin-here'", fault.Message);
        Assert.Contains("PATH", fault.Message);
        Assert.Equal("install it like this", fault.Hint);
    }

    [Fact]
    public async Task Run_Cancelled_KillsThePlugin()
    {
        using var cancellation = new CancellationTokenSource();
        var running = _runner.RunAsync(Shell("exec sleep 1000"), "{}", _ => { }, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static PluginRunner Runner(HostEnvironment environment) => new(
        environment, new PluginSearchPath(environment, new LoginShell(environment, TimeProvider.System, NullLogger.Instance)), TimeProvider.System);

    private async Task<Fault> FaultAsync(ExecConfig plugin) =>
        (await Assert.ThrowsAsync<ForwardException>(() => _runner.RunAsync(plugin, "{}", _ => { }, Cancellation))).Fault;

    private static ExecConfig Shell(string script, params string[] arguments) => new()
    {
        ApiVersion = "client.authentication.k8s.io/v1",
        Command = "sh",
        Arguments = ["-c", script, "sh", .. arguments],
        Environment = [KeyValuePair.Create("EXTRA", "1")],
        UserName = "me",
    };
}
