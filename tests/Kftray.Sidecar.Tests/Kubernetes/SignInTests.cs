using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Credentials;
using Kftray.Sidecar.Tests.Targets;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>A plugin that waits for the user, seen from a forward.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private readonly World _world = new();

    public ValueTask InitializeAsync()
    {
        File.WriteAllText(_world.KubeconfigPath, """
            current-context: one
            contexts: [{name: one, context: {cluster: one, user: me, namespace: shop}}]
            clusters: [{name: one, cluster: {server: "https://one.test"}}]
            users: [{name: me, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}}}]
            """);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Forward_WhosePluginWaitsForTheUser_SaysWhatItPrintsAndGoesOnByItself()
    {
        var answer = new TaskCompletionSource<string>();
        _world.Plugins.Answer = _ =>
        {
            _world.Plugins.Said!("Enter the code ABCD at https://login.example");
            return answer.Task;
        };
        await using var answers = Answers.Resolve(_world, Answers.Spec("web-0", 80) with { WorkloadType = WorkloadType.Pod });
        var first = answers.NextAsync();
        await _world.Time.Armed(RenewableCredentialSource.Patience);
        _world.Time.Advance(RenewableCredentialSource.Patience);

        var paused = Assert.IsType<Resolution.Unavailable>(await first);
        Assert.Equal((FaultKind.SignInRequired, WaitingFor.User), (paused.Fault.Kind, paused.WaitingFor));
        Assert.Contains("Enter the code ABCD at https://login.example", paused.Fault.Message);

        // No clock moves: what waited is told.
        answer.SetResult("""{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t"}}""");
        Resolution next;
        do
            next = await answers.NextAsync();
        while (next is Resolution.Unavailable { Fault.Kind: FaultKind.SignInRequired });

        Assert.Equal(FaultKind.PodNotFound, Assert.IsType<Resolution.Unavailable>(next).Fault.Kind);
        Assert.Equal(1, _world.Plugins.Runs);
    }
}
