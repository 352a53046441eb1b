using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Kftray.Sidecar.Tests.Rpc;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kftray.Sidecar.Tests.Diagnostics;

/// <summary>How checks become a report, without any that looks at something real.</summary>
public sealed class DoctorTests
{
    private readonly FakeTime _time = new();

    [Fact]
    public async Task Report_WhenALinkBreaks_SkipsWhatNeedsItAndLooksAtTheRest()
    {
        var report = await ExamineAsync(
            new Scripted(DiagnosisLink.Kubeconfig, _ => throw new ForwardException(new(FaultKind.KubeconfigNotFound, "No kubeconfig. Really."))),
            new Scripted(DiagnosisLink.Context, _ => throw new InvalidOperationException(), DiagnosisLink.Kubeconfig),
            new Scripted(DiagnosisLink.Api, _ => throw new InvalidOperationException(), DiagnosisLink.Context),
            new Scripted(DiagnosisLink.LocalPort, _ => Task.FromResult(Finding.Pass("Free."))));

        Assert.Equal([CheckResult.Fail, CheckResult.Skipped, CheckResult.Skipped, CheckResult.Pass], report.Checks.Select(check => check.Result));
        Assert.Equal("Not looked at, because of: Kubeconfig.", report.Checks[2].Seen);
        Assert.Equal("The chain breaks at 'Kubeconfig': no kubeconfig.", report.Verdict);
        Assert.Equal(DiagnosisLink.Kubeconfig, report.BrokenLink);
        Assert.Equal(FaultCatalog.Of(FaultKind.KubeconfigNotFound).Remedy, report.Fault?.Hint);
    }

    [Fact]
    public async Task Report_WhenSeveralLinksBreak_NamesTheFirstInTheOrderOfTheChain()
    {
        var second = new TaskCompletionSource();
        var report = await ExamineAsync(
            new Scripted(DiagnosisLink.Credentials, async _ =>
            {
                await second.Task;
                return Finding.Fail(new(FaultKind.Unauthorized, "Signed out."));
            }),
            new Scripted(DiagnosisLink.LocalPort, _ =>
            {
                second.SetResult();
                return Task.FromResult(Finding.Fail(new(FaultKind.PortInUse, "In use.")));
            }));

        Assert.Equal(DiagnosisLink.Credentials, report.BrokenLink);
    }

    [Fact]
    public async Task Check_ThatDoesNotEnd_IsAFindingAfterItsLimit()
    {
        var examining = ExamineAsync(new Scripted(DiagnosisLink.Server, async stop =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop);
            return Finding.Pass("");
        }));
        await _time.Armed(TimeSpan.FromSeconds(10)).WaitAsync(Patience.Token);
        _time.Advance(TimeSpan.FromSeconds(10));

        var report = await examining.WaitAsync(Patience.Token);

        Assert.Equal(FaultKind.ServerUnreachable, report.Fault?.Kind);
    }

    [Fact]
    public async Task Check_ThatThrowsWhatNobodyForesaw_HurtsNoOther()
    {
        var report = await ExamineAsync(
            new Scripted(DiagnosisLink.Server, _ => throw new InvalidOperationException("secret")),
            new Scripted(DiagnosisLink.LocalPort, _ => Task.FromResult(Finding.Warn("Shadowed.", "Move."))));

        Assert.Equal((CheckResult.Fail, FaultKind.Unknown), (report.Checks[0].Result, report.Checks[0].Fault!.Kind));
        Assert.DoesNotContain("secret", report.Markdown);
        Assert.Equal(CheckResult.Warn, report.Checks[1].Result);
    }

    [Fact]
    public async Task Examination_ThatIsCancelled_Ends()
    {
        using var stop = new CancellationTokenSource();
        var examining = ExamineAsync(stop.Token, new Scripted(DiagnosisLink.Server, async token =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
            return Finding.Pass("");
        }));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => examining);
    }

    [Fact]
    public async Task Markdown_OfWhatAClusterSays_FormatsNothing()
    {
        var report = await ExamineAsync(new Scripted(DiagnosisLink.Pods, _ => Task.FromResult(
            Finding.Fail(new(FaultKind.NoReadyPod, "**[x](http://y)** | <b>`z`")) with { Details = ["```", "| not a row"] })));

        Assert.Contains(@"\*\*\[x\](http://y)\*\* \| \<b\>\`z\`", report.Markdown);
        Assert.Contains("```text\n'''\n| not a row\n```", report.Markdown);
    }

    private Task<Diagnosis> ExamineAsync(params Check[] checks) => ExamineAsync(Patience.Token, checks);

    private Task<Diagnosis> ExamineAsync(CancellationToken cancellationToken, params Check[] checks) =>
        new Doctor(checks, _time, NullLogger<Doctor>.Instance).ExamineAsync(new(
            new ForwardSpec { Id = "web", Alias = "web", Source = "s", Uri = "file:///w/kftray.json", Service = "web", RemotePort = new(80) }, Snapshots.Active()), cancellationToken);

    private sealed class Scripted(DiagnosisLink link, Func<CancellationToken, Task<Finding>> run, params DiagnosisLink[] needs) : Check(link, needs)
    {
        public override string Title(Examination examination) => Link.ToString();

        public override Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken) => run(cancellationToken);
    }
}
