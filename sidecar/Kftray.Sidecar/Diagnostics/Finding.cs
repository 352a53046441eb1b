using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>What a check has found.</summary>
/// <param name="Seen">In sentences.</param>
/// <param name="Remedy">What to do; null when there is nothing to do.</param>
/// <param name="Fault">Of a failed check only.</param>
internal sealed record Finding(CheckResult Result, string Seen, string? Remedy = null, Fault? Fault = null)
{
    /// <summary>More lines for whoever wants to know.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];

    public static Finding Pass(string seen) => new(CheckResult.Pass, seen);

    public static Finding Warn(string seen, string? remedy) => new(CheckResult.Warn, seen, remedy);

    /// <summary>The fault, in the words and with the hint that the row of the running forward has.</summary>
    public static Finding Fail(Fault fault)
    {
        var complete = FaultCatalog.Complete(fault);
        return new(CheckResult.Fail, complete.Message, complete.Hint, complete);
    }

    /// <param name="why">A sentence.</param>
    public static Finding Skip(string why) => new(CheckResult.Skipped, why);
}
