using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics;

/// <summary>Looks at one link of the chain. Throws what the running forward's code would throw: the doctor makes a finding of it.</summary>
internal abstract class Check(DiagnosisLink link, params DiagnosisLink[] needs)
{
    public DiagnosisLink Link { get; } = link;

    /// <summary>Links without which there is nothing to look at.</summary>
    public IReadOnlyList<DiagnosisLink> Needs { get; } = needs;

    /// <summary>After this long the silence is the finding.</summary>
    public virtual TimeSpan Limit => TimeSpan.FromSeconds(10);

    /// <summary>The link in words, for the head of a row.</summary>
    public abstract string Title(Examination examination);

    public abstract Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken);

    /// <summary>What the silence means.</summary>
    public virtual Fault SilenceOf(Examination examination) => KubernetesFaults.TimedOut(examination.Context?.Name ?? "?").Fault;
}
