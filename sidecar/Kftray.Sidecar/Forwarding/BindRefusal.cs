using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// Why the local port cannot be had, over many attempts. Finding out costs more than trying, so an explanation stands for a while.
/// </summary>
internal sealed class BindRefusal(ILocalEndpointBinder binder, TimeProvider time)
{
    // By then another process may hold the port.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private Fault? _fault;
    private Fault? _explained;
    private long _explainedAt;

    public async Task<Fault> ExplainAsync(ForwardSpec spec, Fault fault, CancellationToken stopping)
    {
        if (_explained is null || _fault != fault || time.GetElapsedTime(_explainedAt) >= Lifetime)
        {
            _explained = await binder.ExplainAsync(spec, fault, stopping);
            (_fault, _explainedAt) = (fault, time.GetTimestamp());
        }

        return _explained;
    }
}
