using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class CheckCommandTests
{
    [Fact]
    public async Task Check_OfAGoodFile_PrintsNothingAndExitsWith0()
    {
        await using var run = new CliRun { UsesRealEngine = true };
        run.Write("good.json", """[{ "service": "web", "local_port": 8080, "remote_port": 80 }]""");

        Assert.Equal(0, await run.RunAsync("check", "good.json"));

        Assert.Empty(run.Output);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Check_OfWrongFiles_PrintsEveryProblemWithItsPlaceAndExitsWith1()
    {
        await using var run = new CliRun { UsesRealEngine = true };
        run.Write("a/one.json", "[\n  { \"service\": \"web\", \"local_port\": 99999, \"remote_port\": 80 }\n]");
        run.Write("b/two.json", "{ \"forwards\": [ { \"service\": \"api\", \"remote_port\": true } ] }");

        Assert.Equal(1, await run.RunAsync("check", "a/one.json", "b/two.json"));

        var lines = run.Output.TrimEnd().Split(Environment.NewLine);
        Assert.Contains(lines, line => line.StartsWith("a/one.json:2:37: ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("b/two.json:1:52: ", StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Check_OfAFileWithHintsOnly_PrintsThemAndExitsWith0()
    {
        await using var run = new CliRun { UsesRealEngine = true };
        run.Write("kftray.json", """[{ "service": "web", "local_port": 8080, "remote_port": 80, "http_logs_enabled": true }]""");

        var exitCode = await run.RunAsync("check", "kftray.json");

        Assert.StartsWith("kftray.json:1:", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Check_WithoutFiles_ChecksTheWorkspaceFileAndThePersonalOne()
    {
        await using var run = new CliRun { UsesRealEngine = true };
        run.Write(".vscode/kftray.json", "[{");
        run.Write(".vscode/kftray.local.json", "[}");

        Assert.Equal(1, await run.RunAsync("check"));

        Assert.Contains(".vscode/kftray.json:1:", run.Output, StringComparison.Ordinal);
        Assert.Contains(".vscode/kftray.local.json:1:", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfAFileNamedLocal_TakesItAsChangesToTheOthers()
    {
        await using var run = new CliRun { UsesRealEngine = true };
        run.Write("team.json", """[{ "alias": "web", "service": "web", "local_port": 8080, "remote_port": 80 }]""");
        run.Write("team.local.json", """[{ "alias": "web", "local_port": 9090 }]""");

        var exitCode = await run.RunAsync("check", "team.json", "team.local.json");

        Assert.Empty(run.Output);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public async Task Check_OfAFileThatIsNotThere_SaysSoAndExitsWith1()
    {
        await using var run = new CliRun();

        Assert.Equal(1, await run.RunAsync("check", "missing.json"));

        Assert.Equal("kftray-sidecar: There is no file missing.json.", run.Error.TrimEnd());
    }

    [Fact]
    public async Task Check_OfAFolder_SaysThatItCannotBeReadAndExitsWith1()
    {
        await using var run = new CliRun();
        run.Write("folder/file", "");

        Assert.Equal(1, await run.RunAsync("check", "folder"));

        Assert.StartsWith("kftray-sidecar: folder cannot be read: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfAFile_AppliesItUntrustedWithNothingEnabled()
    {
        await using var run = new CliRun();
        run.Write("kftray.json", "[]");

        await run.RunAsync("check", "kftray.json");

        var applied = Assert.Single(run.Engine.Applied);
        Assert.False(applied.Trusted);
        Assert.Empty(applied.Enabled);
        Assert.True(run.Engine.IsDisposed);
    }
}
