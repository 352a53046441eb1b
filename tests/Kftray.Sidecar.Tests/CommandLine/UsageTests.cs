using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class UsageTests
{
    [Theory]
    [InlineData("--nope", "kftray-sidecar: Unrecognized command or option '--nope'.", "Try 'kftray-sidecar --help'.")]
    [InlineData("explode", "kftray-sidecar: Unrecognized command or option 'explode'.", "Try 'kftray-sidecar --help'.")]
    [InlineData("up --nope", "kftray-sidecar: Unrecognized command or argument '--nope'.", "Try 'kftray-sidecar up --help'.")]
    [InlineData("up stray", "kftray-sidecar: Unrecognized command or argument 'stray'.", "Try 'kftray-sidecar up --help'.")]
    [InlineData("up --config", "kftray-sidecar: Required argument missing for option: '--config'.", "Try 'kftray-sidecar up --help'.")]
    [InlineData("up --kubeconfig", "kftray-sidecar: Required argument missing for option: '--kubeconfig'.", "Try 'kftray-sidecar up --help'.")]
    [InlineData("check --json", "kftray-sidecar: Unrecognized command or argument '--json'.", "Try 'kftray-sidecar check --help'.")]
    [InlineData("serve now", "kftray-sidecar: Unrecognized command or argument 'now'.", "Try 'kftray-sidecar serve --help'.")]
    public async Task WrongUsage_OfTheProgram_ExitsWith2AndSaysWhatIsWrong(string arguments, string sentence, string advice)
    {
        await using var run = new CliRun();

        var exitCode = await run.RunAsync(arguments.Split(' '));

        Assert.Equal(2, exitCode);
        Assert.Equal([sentence, advice], run.Error.TrimEnd().Split(Environment.NewLine));
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task NoArguments_AtAll_ShowHelpOnStandardErrorAndExitWith2()
    {
        await using var run = new CliRun();

        Assert.Equal(2, await run.RunAsync());

        Assert.Contains("Usage:", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("--help", "up", "check", "serve")]
    [InlineData("-h", "up", "check", "serve")]
    [InlineData("up --help", "--config", "--kubeconfig", "--only", "--json")]
    [InlineData("check --help", "<file>")]
    [InlineData("serve --help", "--window")]
    public async Task Help_OfAVerb_NamesWhatItTakesAndExitsWith0(string arguments, params string[] words)
    {
        await using var run = new CliRun();

        Assert.Equal(0, await run.RunAsync(arguments.Split(' ')));

        Assert.All(words, word => Assert.Contains(word, run.Output, StringComparison.Ordinal));
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task Version_OfTheProgram_IsPrintedAlone()
    {
        await using var run = new CliRun();

        Assert.Equal(0, await run.RunAsync("--version"));

        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
        Assert.Single(run.Output.TrimEnd().Split(Environment.NewLine));
    }
}
