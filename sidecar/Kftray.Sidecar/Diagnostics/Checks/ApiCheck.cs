using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether a Kubernetes API answers, and to these credentials.</summary>
internal sealed class ApiCheck() : Check(DiagnosisLink.Api, DiagnosisLink.Server, DiagnosisLink.Credentials)
{
    // Tokens and certificates are dated: servers allow for about this much.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    public override string Title(Examination examination) => "API";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var sight = await examination.Cluster!.Examiner.ReadVersionAsync(cancellationToken);
        var seen = string.Create(CultureInfo.InvariantCulture, $"Kubernetes {sight.Version ?? "of unknown version"}, {Math.Max(1, sight.Took.TotalMilliseconds):0} ms.");
        return sight.ClockAhead is { } ahead && ahead.Duration() > ClockTolerance
            ? Finding.Warn(
                string.Create(CultureInfo.InvariantCulture, $"{seen} Its clock is {ahead.Duration().TotalSeconds:0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} this machine's."),
                "Set the clocks: tokens and certificates are dated.")
            : Finding.Pass(seen);
    }
}
