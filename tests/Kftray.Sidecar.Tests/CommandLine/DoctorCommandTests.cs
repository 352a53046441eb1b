using System.Text.Json;
using Kftray.Sidecar.CommandLine;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Tests.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class DoctorCommandTests
{
    private const string Config = "kftray.json";

    [Fact]
    public async Task Doctor_WithoutAnAlias_ExaminesEveryForwardAndStartsNone()
    {
        await using var run = Run("api", "web");

        Assert.Equal(ExitCode.Success, await run.RunAsync("doctor", "--config", Config));

        Assert.Equal(["diagnose api", "diagnose web"], run.Engine.Asked);
        Assert.All(run.Engine.Applied, applied => Assert.Empty(applied.Enabled));
        Assert.Contains("api works from end to end.", run.Output);
    }

    [Fact]
    public async Task Doctor_OfABrokenForward_EndsWithOneAndSaysWhatToDo()
    {
        await using var run = Run("api", "web");
        run.Engine.OnDiagnose = id => Broken(id);

        Assert.Equal(ExitCode.Failure, await run.RunAsync("doctor", "web", "--config", Config));

        Assert.Equal(["diagnose web"], run.Engine.Asked);
        Assert.Contains("The chain breaks at 'Service': there is no service.\nWhat to do: Did you mean 'web'?", run.Output);
        Assert.Contains("FAIL     Service         There is no service.", run.Output);
    }

    [Fact]
    public async Task Doctor_AsJson_WritesOneReportALine()
    {
        await using var run = Run("api", "web");

        await run.RunAsync("doctor", "--config", Config, "--json");

        var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["api", "web"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("alias").GetString()));
    }

    [Fact]
    public async Task Doctor_AsMarkdown_WritesTheReportForTheEditor()
    {
        await using var run = Run("api");

        await run.RunAsync("doctor", "--config", Config, "--markdown");

        Assert.Equal("# x", run.Output.Trim());
    }

    [Theory]
    [InlineData("nobody", "No forward is called 'nobody'. There are: api.")]
    [InlineData("--jsno", "Unrecognized command or argument '--jsno'.")]
    public async Task Doctor_OfWhatIsNotThere_SaysSo(string argument, string sentence)
    {
        await using var run = Run("api");

        Assert.NotEqual(ExitCode.Success, await run.RunAsync("doctor", "--config", Config, argument));

        Assert.Contains(sentence, run.Error);
    }

    [Fact]
    public void Text_OfLongWordsAndLines_FitsEightyColumns()
    {
        var longest = new string('x', 200);
        var text = DiagnosisText.Write(Broken("web") with
        {
            Verdict = longest,
            Checks =
            [
                new(DiagnosisLink.Target, "Service", CheckResult.Fail, $"a {longest} b", longest, null, [$"    {longest}", "  verbs: [\"get\"]"], 1),
            ],
        });

        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains("\n    verbs: [\"get\"]\n", text);
    }

    private static CliRun Run(params string[] aliases)
    {
        var run = new CliRun();
        run.Write(Config, "[]");
        run.Engine.Forwards.AddRange(aliases.Select(alias => Snapshots.Active() with { Id = alias, Alias = alias }));
        return run;
    }

    private static Diagnosis Broken(string id)
    {
        var fault = new Fault(FaultKind.ServiceNotFound, "There is no service.", "Did you mean 'web'?");
        return new(
            id, id, "svc/wbe:80", "The chain breaks at 'Service': there is no service.", DiagnosisLink.Target, fault,
            [new(DiagnosisLink.Target, "Service", CheckResult.Fail, fault.Message, fault.Hint, fault, [], 1)], 12, "# x");
    }
}
