using System.Diagnostics;

namespace Kftray.Relay.Tests;

/// <summary>
/// What other pods of a cluster reach of a relay. It runs in a network namespace, as in a pod; they are in another one, with a link between the two.
/// Both are the test's own and go with everything in them.
/// </summary>
public sealed class OtherNetworkTests : RelayTest
{
    // Of the range for benchmarks, which no network uses: RFC 2544.
    private const string RelayAddress = "198.18.0.1";
    private const string OtherAddress = "198.18.0.2";

    private readonly string _pod = $"kftray-{Environment.ProcessId}-pod";
    private readonly string _other = $"kftray-{Environment.ProcessId}-other";

    [Fact]
    public async Task Relay_ListeningOnLoopback_AnswersInItsOwnNetworkOnly()
    {
        await LinkNetworksAsync();
        var relay = await RunInPodAsync(("LISTEN_ADDRESS", "127.0.0.1"));

        foreach (var port in (int[])[relay.Compatible.Port, RelayProtocol.DefaultControlPort])
        {
            Assert.True(await IsAnsweredAsync(_pod, "127.0.0.1", port));
            Assert.False(await IsAnsweredAsync(_other, RelayAddress, port));
        }
    }

    /// <summary>Which also shows that the link works.</summary>
    [Fact]
    public async Task Relay_ListeningOnAll_AnswersOthersOnTheCompatiblePortOnly()
    {
        await LinkNetworksAsync();
        var relay = await RunInPodAsync();

        Assert.True(await IsAnsweredAsync(_other, RelayAddress, relay.Compatible.Port));
        Assert.False(await IsAnsweredAsync(_other, RelayAddress, RelayProtocol.DefaultControlPort));
    }

    protected override void Clean()
    {
        foreach (var name in (string[])[_pod, _other])
        {
            if (!File.Exists($"/run/netns/{name}"))
                continue;
            using var delete = Process.Start("ip", ["netns", "delete", name]);
            delete.WaitForExit();
        }
    }

    private async Task LinkNetworksAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root on Linux may make network namespaces.");
        Assert.SkipUnless(File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip") || File.Exists("/usr/bin/ip"), "There is no ip. On Debian: apt-get install iproute2");
        var (code, why) = await TryAsync("ip", "netns", "add", _pod);
        Assert.SkipUnless(code == 0, $"This machine allows no network namespaces: {why}");
        await RunAsync("netns", "add", _other);
        (code, why) = await TryAsync("ip", "link", "add", "eth0", "netns", _pod, "type", "veth", "peer", "name", "eth0", "netns", _other);
        Assert.SkipUnless(code == 0, $"This machine allows no virtual links: {why}");
        foreach (var (space, address) in new[] { (_pod, RelayAddress), (_other, OtherAddress) })
        {
            await RunAsync("-n", space, "address", "add", $"{address}/30", "dev", "eth0");
            await RunAsync("-n", space, "link", "set", "eth0", "up");
            await RunAsync("-n", space, "link", "set", "lo", "up");
        }
    }

    private async Task<RelayProcess> RunInPodAsync(params (string Name, string Value)[] environment)
    {
        // It becomes the relay: "exec" is no child.
        var start = new ProcessStartInfo("ip", ["netns", "exec", _pod, RelayProcess.FindProgram()]);
        return Own(await RelayProcess.StartAsync(
            start, [("LOCAL_PORT", "0"), ("PROXY_TYPE", "tcp"), ("REMOTE_ADDRESS", "127.0.0.1"), ("REMOTE_PORT", "9"), .. environment], TimeoutToken));
    }

    /// <summary>Whether a connection from there is accepted.</summary>
    private async Task<bool> IsAnsweredAsync(string space, string address, int port)
    {
        var (code, said) = await TryAsync("ip", "netns", "exec", space, "bash", "-c", $"exec 3<>/dev/tcp/{address}/{port}");
        // Accepted, and reset at once where the relay's target refuses.
        if (code == 0 || said.Contains("reset by peer", StringComparison.OrdinalIgnoreCase))
            return true;
        // Not a link that leads nowhere.
        Assert.Contains("refused", said, StringComparison.OrdinalIgnoreCase);
        return false;
    }

    private async Task RunAsync(params string[] arguments)
    {
        var (code, said) = await TryAsync("ip", arguments);
        Assert.True(code == 0, $"ip {string.Join(' ', arguments)}: {said}");
    }

    private async Task<(int ExitCode, string Said)> TryAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C";
        using var process = Process.Start(start)!;
        var said = await process.StandardError.ReadToEndAsync(TimeoutToken);
        await process.WaitForExitAsync(TimeoutToken);
        return (process.ExitCode, said.Trim());
    }
}
