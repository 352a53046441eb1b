using System.Diagnostics;
using System.Net.Sockets;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Continuity;

/// <summary>The process itself is suspended, told to end, or loses whoever started it.</summary>
public sealed class ProcessTests : FunctionalTest
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    [Fact]
    public Task Process_Suspended_ServesAtOnceWhenItWakes() => SuspendAsync(TimeSpan.FromSeconds(15));

    /// <summary>The row of the table; too long for every run.</summary>
    [Fact(Explicit = true)]
    public Task Process_SuspendedForAMinute_ServesAtOnceWhenItWakes() => SuspendAsync(TimeSpan.FromSeconds(60));

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task Up_Signalled_EndsWithinTwoSeconds(string signal)
    {
        await RunApplicationAsync("echo", "echo");
        using var up = await UpAsync();
        var port = (await up.ActiveAsync(1, TimeoutToken))["echo"];
        using var client = await ConnectAsync(port);
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));

        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, await up.EndAsync(signal, TimeoutToken));
        await EndedAsync(began, client);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Serve_InputClosedOrSignalled_EndsWithinTwoSeconds(bool signalled)
    {
        await RunApplicationAsync("echo", "echo");
        using var serve = RunningServe.Start();
        using var client = await ConnectAsync(await serve.ForwardAsync(Config, Kubeconfig, TimeoutToken));
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));

        var began = Stopwatch.GetTimestamp();
        if (signalled)
            await serve.SignalAsync("TERM", TimeoutToken);
        else
            serve.Process.StandardInput.Close();
        Assert.Equal(0, await serve.WaitForEndAsync(TimeoutToken));
        await EndedAsync(began, client);
    }

    [Fact]
    public async Task Serve_ParentKilled_EndsWithinTwoSeconds()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The parent is a shell.");
        await RunApplicationAsync("echo", "echo");
        // The parent holds the sidecar's input: it copies its own into it.
        using var parent = RunningServe.Start("sh", "-c", """cat | eval "$0" """);
        using var client = await ConnectAsync(await parent.ForwardAsync(Config, Kubeconfig, TimeoutToken));
        Assert.Equal("hello", await client.EchoAsync("hello", TimeoutToken));

        var began = Stopwatch.GetTimestamp();
        parent.Process.Kill(entireProcessTree: false);
        // The shell's death leaves its `cat`; ours closes what feeds that, as the death of an editor closes its pipes.
        parent.Process.StandardInput.Close();
        await EndedAsync(began, client);
    }

    private static string Config => """{ "forwards": [ { "service": "echo", "remote_port": 80 } ] }""";

    private async Task EndedAsync(long began, Socket client)
    {
        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            if ((await client.ReceiveTextAsync(1, TimeoutToken)).Length == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
        });
        await Cluster.Sessions.WaitAsync(sessions => sessions.Open.Count == 0, TimeoutToken);
        var took = Stopwatch.GetElapsedTime(began);
        TestContext.Current.TestOutputHelper?.WriteLine($"Nothing left {took.TotalMilliseconds:0} ms after it was told.");
        Assert.InRange(took, TimeSpan.Zero, StopLimit);
    }

    private async Task SuspendAsync(TimeSpan duration)
    {
        await RunApplicationAsync("echo", "echo");
        using var up = await UpAsync();
        var port = (await up.ActiveAsync(1, TimeoutToken))["echo"];
        using var kept = await ConnectAsync(port);
        Assert.Equal("before", await kept.EchoAsync("before", TimeoutToken));

        await up.SignalAsync("STOP", TimeoutToken);
        await Task.Delay(duration, TimeProvider.System, TimeoutToken);
        await up.SignalAsync("CONT", TimeoutToken);
        var woken = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20; i++)
        {
            using var client = await ConnectAsync(port);
            Assert.Equal("after", await client.EchoAsync("after", TimeoutToken));
        }

        var served = Stopwatch.GetElapsedTime(woken);
        // A path that was only not looked at is as good as before.
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TimeoutToken);
        Assert.Equal("still", await kept.EchoAsync("still", TimeoutToken));
        TestContext.Current.TestOutputHelper?.WriteLine($"Suspended for {duration.TotalSeconds} s: 20 connections served {served.TotalMilliseconds:0} ms after it woke.");
        Assert.InRange(served, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await up.StopAsync(TimeoutToken);
    }

    private async Task<RunningUp> UpAsync()
    {
        var config = Path.Combine(Folder, "kftray.json");
        await File.WriteAllTextAsync(config, Config, TimeoutToken);
        return RunningUp.Start(config, Kubeconfig);
    }
}
