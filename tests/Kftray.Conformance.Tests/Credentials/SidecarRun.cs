using Kftray.Sidecar;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>The engine of the sidecar with one forward, in an environment of its own.</summary>
internal static class SidecarRun
{
    /// <summary>Runs the forward until it has answered a request, or says what is in its way.</summary>
    public static async Task<ForwardSnapshot> UntilSettledAsync(CredentialWorld world, string? context)
    {
        var environment = new HostEnvironment(world.Environment, world.Folder) { ServiceAccountDirectory = world.Path_("service-account") };
        await using var engine = Engine.Create(environment, TimeProvider.System, NullLoggerFactory.Instance);
        var wanted = new ApplyParams
        {
            Documents = [new("file:///w/kftray.json", "w", DocumentKind.Shared,
                $$"""[{"service": "web", "namespace": "shop", "remote_port": 80{{(context is null ? "" : $", \"context\": \"{context}\"")}} }]""")],
            Trusted = true,
        };
        var found = await engine.ApplyAsync(wanted, world.Timeout);
        await engine.ApplyAsync(wanted with { Enabled = [.. found.Ranges.Select(range => range.Id)] }, world.Timeout);
        await foreach (var change in engine.ReadChangesAsync(world.Timeout))
        {
            if (change.Snapshots.FirstOrDefault(snapshot => snapshot.Status is ForwardStatus.Active or ForwardStatus.Reconnecting or ForwardStatus.Failed) is { } settled)
            {
                if (settled.Status == ForwardStatus.Active)
                    await AnswerAsync(settled.LocalPort, world.Timeout);
                return settled;
            }
        }

        throw new InvalidOperationException("The feed ended.");
    }

    private static async Task AnswerAsync(int port, CancellationToken timeout)
    {
        using var http = new HttpClient();
        Assert.StartsWith("hello from web-", await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/"), timeout), StringComparison.Ordinal);
    }
}
