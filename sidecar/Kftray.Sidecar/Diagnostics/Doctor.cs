using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>Examines a forward link by link. Checks that do not need each other run side by side; the report has them in their order.</summary>
internal sealed class Doctor(IReadOnlyList<Check> checks, TimeProvider time, ILogger<Doctor> logger)
{
    public async Task<Diagnosis> ExamineAsync(Examination examination, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var running = new Dictionary<DiagnosisLink, Task<CheckReport>>();
        foreach (var check in checks)
        {
            Task<CheckReport>[] needed = [.. check.Needs.Select(link => running[link])];
            running.Add(check.Link, ExamineAsync(check, needed, examination, cancellationToken));
        }

        var reports = await Task.WhenAll(running.Values);
        var broken = reports.FirstOrDefault(report => report.Result == CheckResult.Fail);
        var diagnosis = new Diagnosis(
            examination.Spec.Id, examination.Spec.Alias, examination.Spec.TargetLabel, Verdict.Of(examination, reports), broken?.Link, broken?.Fault,
            reports, Milliseconds(started), "");
        return diagnosis with { Markdown = MarkdownReport.Write(diagnosis) };
    }

    private async Task<CheckReport> ExamineAsync(
        Check check, Task<CheckReport>[] needed, Examination examination, CancellationToken cancellationToken)
    {
        // Yields always: the checks begin together, not one inside the other.
        await Task.WhenAll(needed).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var started = time.GetTimestamp();
        var finding = needed.Select(need => need.Result).FirstOrDefault(need => need.Result is CheckResult.Fail or CheckResult.Skipped) switch
        {
            null => await FindAsync(check, examination, cancellationToken),
            // The first cause, however many links lie between.
            { Result: CheckResult.Skipped } skipped => Finding.Skip(skipped.Seen),
            var failed => Finding.Skip($"Not looked at, because of: {failed.Title}."),
        };
        return new(check.Link, check.Title(examination), finding.Result, finding.Seen, finding.Remedy, finding.Fault, finding.Details, Milliseconds(started));
    }

    private async Task<Finding> FindAsync(Check check, Examination examination, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(check.Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await check.RunAsync(examination, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Fail(check.SilenceOf(examination));
        }
        catch (ForwardException e)
        {
            return Finding.Fail(e.Fault);
        }
        catch (ApiStatusException e)
        {
            return Finding.Fail(e.Fault);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Containment: the other links are still worth a look.
            logger.CheckFailed(check.Link, e);
            return Finding.Fail(new(FaultKind.Unknown, $"This could not be looked at: {e.GetType().Name}."));
        }
    }

    private double Milliseconds(long since) => Math.Round(time.GetElapsedTime(since).TotalMilliseconds, 1);
}
