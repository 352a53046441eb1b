using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Tests.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class UpCommandTests
{
    [Fact]
    public async Task Up_WithJson_WritesTheRecordOfTheProtocolALine()
    {
        await using var run = Workspace(Snapshots.Active());
        var forward = Snapshots.Reconnecting();
        run.Engine.Push(forward);

        var up = run.RunAsync("up", "--json");
        var line = await run.LineAsync();
        await run.StopAsync();

        Assert.Equal(0, await up);
        Assert.Equal(JsonSerializer.Serialize(forward, ContractJson.Default.ForwardSnapshot), line);
        Assert.True(run.Engine.IsDisposed);
    }

    [Fact]
    public async Task Up_WithoutATerminal_WritesALineForEachChangeOfState()
    {
        await using var run = Workspace(Snapshots.Active());
        run.Engine.Push(Snapshots.Active() with { Status = ForwardStatus.Starting, Pods = [], LocalPort = 0 });
        run.Engine.Push(Snapshots.Active());
        run.Engine.Push(Snapshots.Active() with { Traffic = new(5, 5, 1, 1, 0) });
        run.Engine.Push(Snapshots.Reconnecting());

        var up = run.RunAsync("up");
        string[] lines = [await run.LineAsync(), await run.LineAsync(), await run.LineAsync()];
        await run.StopAsync();

        Assert.Equal(0, await up);
        Assert.Equal(
            [
                "web starting 127.0.0.1:* -> svc/web:80",
                "web active 127.0.0.1:8080 -> svc/web:80 (web-0)",
                "web reconnecting 127.0.0.1:8080 -> svc/web:80: No pod of the service is ready. Look at the pods.",
            ],
            lines.Select(line => line[9..]));
        Assert.All(lines, line => Assert.Matches(@"^\d\d:\d\d:\d\d ", line));
    }

    [Fact]
    public async Task Up_OfTheWorkspace_RunsEveryForwardOfItTrusted()
    {
        await using var run = Workspace(Snapshots.Active("web"), Snapshots.Active("api"));
        run.Write("cluster.yaml", "");
        run.Engine.Push(Snapshots.Active("web"));

        var up = run.RunAsync("up", "--kubeconfig", "cluster.yaml");
        await run.LineAsync();
        await run.StopAsync();
        await up;

        Assert.Equal([0, 2], run.Engine.Applied.Select(applied => applied.Enabled.Count));
        var applied = run.Engine.Applied[1];
        Assert.True(applied.Trusted);
        Assert.Equal([run.Directory.FullName], applied.Consents);
        Assert.Equal([Path.Combine(run.Directory.FullName, "cluster.yaml")], applied.Settings.Kubeconfig);
        var document = Assert.Single(applied.Documents);
        Assert.Equal(run.Directory.Name, document.Folder);
        Assert.Equal(new Uri(Path.Combine(run.Directory.FullName, ".vscode", "kftray.json")).AbsoluteUri, document.Uri);
    }

    [Fact]
    public async Task Up_WithOnly_RunsAndShowsTheChosen()
    {
        await using var run = Workspace(Snapshots.Active("web"), Snapshots.Active("api"), Snapshots.Active("db"));
        run.Engine.Push(Snapshots.Active("web"), Snapshots.Active("api"));
        run.Engine.Push(Snapshots.Active("db"));

        var up = run.RunAsync("up", "--only", "api", "--only", "db");
        string[] lines = [await run.LineAsync(), await run.LineAsync()];
        await run.StopAsync();
        await up;

        Assert.Equal(["shop/api", "shop/db"], run.Engine.Applied[1].Enabled);
        Assert.Equal(["api", "db"], lines.Select(line => line.Split(' ')[1]));
    }

    [Fact]
    public async Task Up_WithOnlyAnUnknownAlias_NamesTheKnownOnesAndExitsWith1()
    {
        await using var run = Workspace(Snapshots.Active("web"), Snapshots.Active("api"));

        Assert.Equal(1, await run.RunAsync("up", "--only", "nobody"));

        Assert.Equal("kftray-sidecar: No forward is called 'nobody'. There are: web, api.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Up_OfAFileWithProblems_PrintsThemAndRunsTheRest()
    {
        await using var run = Workspace(Snapshots.Active());
        run.Engine.OnApply = (wanted, _) => Task.FromResult(new ApplyResult(
            [new(wanted.Documents[0].Uri, new(4, 6, 4, 8), ProblemSeverity.Error, "x", "It is wrong.")], []));
        run.Engine.Push(Snapshots.Active());

        var up = run.RunAsync("up");
        await run.LineAsync();
        await run.StopAsync();

        Assert.Equal(0, await up);
        Assert.Equal($"{Path.Combine(".vscode", "kftray.json")}:5:7: It is wrong.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Up_WithNoForward_SaysSoAndExitsWith1()
    {
        await using var run = Workspace();

        Assert.Equal(1, await run.RunAsync("up"));

        Assert.Equal("kftray-sidecar: There is no forward that can run.", run.Error.TrimEnd());
        Assert.True(run.Engine.IsDisposed);
    }

    [Fact]
    public async Task Up_WithBlockedForwardsOnly_ShowsWhyAndExitsWith1()
    {
        await using var run = Workspace(Snapshots.Active());
        run.Engine.Push(Snapshots.Active() with { Status = ForwardStatus.Blocked, Pods = [], Fault = new(FaultKind.NotSupported, "Not yet.") });

        Assert.Equal(1, await run.RunAsync("up"));

        Assert.Contains("web blocked 127.0.0.1:8080 -> svc/web:80: Not yet.", run.Output, StringComparison.Ordinal);
        Assert.Equal("kftray-sidecar: There is no forward that can run.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Up_WithoutAWorkspaceFile_SaysSoAndExitsWith1()
    {
        await using var run = new CliRun();

        Assert.Equal(1, await run.RunAsync("up"));

        Assert.Equal($"kftray-sidecar: There is no file {Path.Combine(".vscode", "kftray.json")}.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Up_OfAFileNamedTwice_SaysSoAndExitsWith1()
    {
        await using var run = new CliRun();
        run.Write("a.json", "[]");

        Assert.Equal(1, await run.RunAsync("up", "--config", "a.json", "--config", "./a.json"));

        Assert.Equal("kftray-sidecar: ./a.json is named twice.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Up_WhoseEngineBreaks_SaysASentenceWithoutAStackTrace()
    {
        await using var run = Workspace(Snapshots.Active());
        run.Engine.BreakFeed(new InvalidOperationException("no more news"));

        Assert.Equal(1, await run.RunAsync("up"));

        Assert.Equal("kftray-sidecar: Unexpected InvalidOperationException: no more news", run.Error.TrimEnd());
    }

    private static CliRun Workspace(params ForwardSnapshot[] forwards)
    {
        var run = new CliRun();
        run.Write(".vscode/kftray.json", "[]");
        run.Engine.Forwards.AddRange(forwards);
        return run;
    }
}
