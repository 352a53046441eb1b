using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether a session to the pod can be had, and by which way of port-forward. Touches nothing inside the pod.</summary>
internal sealed class PodSessionCheck(TimeProvider time) : Check(DiagnosisLink.PodSession, DiagnosisLink.Pods)
{
    // Three ways, each with its own deadline, if a gateway swallows them.
    public override TimeSpan Limit => TimeSpan.FromSeconds(35);

    public override string Title(Examination examination) => "Way to the pod";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var target = examination.Target!;
        var started = time.GetTimestamp();
        await using var session = await target.Dialer.WarmAsync(target, cancellationToken);
        var opening = time.GetElapsedTime(started);
        var took = opening.TotalMilliseconds;
        // A session that was warm was opened in no time.
        examination.RoundTrip = session.RoundTrip ?? opening;
        var ping = session.RoundTrip is { } roundTrip ? string.Create(CultureInfo.InvariantCulture, $", ping {roundTrip.TotalMilliseconds:0.0} ms") : "";
        var seen = string.Create(CultureInfo.InvariantCulture, $"{target.Dialer.Transport}, ready in {Math.Max(1, took):0} ms{ping}.");
        return target.Dialer.Transport == "websocket-legacy"
            ? Finding.Warn($"{seen} This old way cannot end one direction alone, and opens a connection of its own for each client.",
                "A gateway that passes SPDY, or a server of version 1.31 and later, would do better.")
            : Finding.Pass(seen);
    }
}
