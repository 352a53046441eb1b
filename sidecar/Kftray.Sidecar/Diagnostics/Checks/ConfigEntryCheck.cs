using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether the entry is valid and may run. A forward that may not run is not looked at further: nothing of it may be opened.</summary>
internal sealed class ConfigEntryCheck() : Check(DiagnosisLink.ConfigEntry)
{
    public override string Title(Examination examination) => "Config entry";

    public override Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken) => Task.FromResult(Look(examination));

    private static Finding Look(Examination examination)
    {
        var spec = examination.Spec;
        if (spec.Blocked is { } blocked)
            return Finding.Fail(blocked);
        var place = string.Create(CultureInfo.InvariantCulture, $"{Uri.UnescapeDataString(spec.Uri[(spec.Uri.LastIndexOf('/') + 1)..])}, line {spec.Line + 1}");
        var port = spec.LocalPort == 0 ? "any free port" : spec.LocalPort.ToString(CultureInfo.InvariantCulture);
        return Finding.Pass($"{place}: {spec.TargetLabel} on {spec.LocalAddress}, {port}.");
    }
}
