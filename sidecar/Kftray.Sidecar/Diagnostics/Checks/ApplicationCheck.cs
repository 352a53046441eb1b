using System.Globalization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>
/// Whether anything listens on the port inside the pod: one connection that says nothing and ends. Applications answer that at once, with
/// the end of their own side; where nothing listens, the pod's node says so.
/// </summary>
internal sealed class ApplicationCheck(TimeProvider time) : Check(DiagnosisLink.Application, DiagnosisLink.PodSession)
{
    // A refusal comes within a round trip or two; an application that keeps silent for longer has accepted the connection.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(400);

    public override string Title(Examination examination) => "Application";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        if (examination.Spec.Protocol == ForwardProtocol.Udp)
            return Finding.Skip("Not asked: which datagrams the application answers is not known here.");
        var target = examination.Target!;
        var started = time.GetTimestamp();
        using var patience = new CancellationTokenSource(Patience + (4 * examination.RoundTrip), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await using var stream = await target.Dialer.DialAsync(target, default, TimeSpan.Zero, cancellationToken);
        try
        {
            await stream.CompleteWritesAsync();
            var bytes = await stream.ReadAsync(either.Token);
            var took = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, time.GetElapsedTime(started).TotalMilliseconds):0} ms");
            return Finding.Pass(bytes.Length > 0
                ? $"Something listens on port {target.Port} of '{target.Name}' and spoke first, after {took}."
                : $"Something listens on port {target.Port} of '{target.Name}': a connection was opened and ended in {took}.");
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Finding.Pass($"Something listens on port {target.Port} of '{target.Name}' and waits for its client to speak.");
        }
        catch (EndOfConnectionException) when (stream.Failure is { ApplicationGotNothing: true } refusal)
        {
            return Finding.Fail(refusal.Fault);
        }
        catch (EndOfConnectionException)
        {
            return Finding.Pass($"Something listens on port {target.Port} of '{target.Name}' and reset a connection that said nothing.");
        }
        finally
        {
            stream.Abort();
        }
    }
}
