using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Kftray.Conformance.Tests;

/// <summary>The test cluster as a process, with its control endpoint.</summary>
public sealed class ProcessTests : TestBase
{
    [Fact]
    public async Task Serve_WithTheDemo_TellsWhereItIs_AndEndsWithStdin()
    {
        var kubeconfig = Path.Combine(Folder, "demo.kubeconfig");
        using var process = Start("serve", "--demo", "--exit-with-stdin", "--kubeconfig", kubeconfig);
        try
        {
            var ready = JsonNode.Parse((await process.StandardOutput.ReadLineAsync(TimeoutToken))!)!;
            Assert.Equal(kubeconfig, (string?)ready["kubeconfig"]);
            var kubectl = new Kubectl(kubeconfig, Folder, TimeoutToken);
            using var control = new HttpClient { BaseAddress = new Uri((string)ready["control"]!) };
            Assert.Equal("demo\n", (await kubectl.RunAsync("config", "current-context")).Succeeded());
            (await kubectl.RunAsync("wait", "--for=condition=Ready", "pod", "--all", "--timeout=30s")).Succeeded();
            Assert.Equal("cache orders web", (await kubectl.RunAsync("get", "services", "-o", "jsonpath={.items[*].metadata.name}")).Succeeded());
            Assert.Equal("service-less", await AddAndNameAsync(control, kubectl));

            using var added = await control.PostAsJsonAsync("/faults", new { action = "status", verb = "list", resource = "pods", code = 500 }, TimeoutToken);
            Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(TimeoutToken));
            Assert.Contains("InternalError", (await kubectl.RunAsync("get", "pods")).Failed());
            (await control.DeleteAsync("/faults", TimeoutToken)).EnsureSuccessStatusCode();
            (await kubectl.RunAsync("get", "pods")).Succeeded();

            using var cordoned = await control.PutAsJsonAsync("/node", new { isCordoned = true }, TimeoutToken);
            Assert.True((await control.GetFromJsonAsync<JsonNode>("/node", TimeoutToken))!["isCordoned"]!.GetValue<bool>());
            using var slow = await control.PostAsJsonAsync("/images", new { image = "web", message = "not found" }, TimeoutToken);
            using var named = await control.PutAsJsonAsync("/names/db.example.test", new[] { "127.0.0.1" }, TimeoutToken);
            Assert.All([cordoned, slow, named], answer => Assert.True(answer.IsSuccessStatusCode));
            Assert.Equal("not found", (string?)(await control.GetFromJsonAsync<JsonNode>("/images", TimeoutToken))!["1"]!["message"]);

            process.StandardInput.Close();
            await process.WaitForExitAsync(TimeoutToken);
            Assert.Equal(0, process.ExitCode);
            Assert.False(File.Exists(kubeconfig));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task KilledCluster_TakesTheProcessesOfItsPodsAlong()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "A shell is the guard.");
        using var process = Start("serve", "--kubeconfig", Path.Combine(Folder, "killed.kubeconfig"));
        try
        {
            var ready = JsonNode.Parse((await process.StandardOutput.ReadLineAsync(TimeoutToken))!)!;
            using var control = new HttpClient { BaseAddress = new Uri((string)ready["control"]!) };
            using var added = await control.PostAsJsonAsync("/world", RelayManifests.Pod("relay", RelayManifests.PodSpec("127.0.0.1", 1)), TimeoutToken);
            Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(TimeoutToken));
            var kubectl = new Kubectl((string)ready["kubeconfig"]!, Folder, TimeoutToken);
            (await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/relay", "-n", "shop", "--timeout=30s")).Succeeded();
            var id = (int)(await control.GetFromJsonAsync<JsonNode>("/pods/shop/relay/process", TimeoutToken))!["id"]!;
            using var relay = Process.GetProcessById(id);

            process.Kill();

            await relay.WaitForExitAsync(TimeoutToken);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public async Task UnknownOption_IsWrongUsage()
    {
        using var process = Start("serve", "--nonsense");
        await process.WaitForExitAsync(TimeoutToken);
        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("There is no option --nonsense.", await process.StandardError.ReadToEndAsync(TimeoutToken));
    }

    private async Task<string> AddAndNameAsync(HttpClient control, Kubectl kubectl)
    {
        using var added = await control.PostAsJsonAsync(
            "/world",
            new { apiVersion = "v1", kind = "Service", metadata = new { name = "service-less", @namespace = "made" }, spec = new { ports = new[] { new { port = 80 } } } },
            TimeoutToken);
        Assert.True(added.IsSuccessStatusCode, await added.Content.ReadAsStringAsync(TimeoutToken));
        return (await kubectl.RunAsync("get", "services", "-n", "made", "-o", "jsonpath={.items[*].metadata.name}")).Succeeded();
    }

    private static Process Start(params string[] arguments) => Process.Start(
        new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "kftray-testcluster.exe" : "kftray-testcluster"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
