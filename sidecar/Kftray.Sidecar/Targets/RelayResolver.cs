using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;

namespace Kftray.Sidecar.Targets;

/// <summary>The pod of a relay that leads to a destination. While the destination is known, a relay for it is held.</summary>
internal sealed class RelayResolver(
    ForwardSpec spec, RelaySpec relay, IDestination destination, RelaySet relays, Cluster cluster, string ns) : ITargetView
{
    private RelayLease? _lease;
    private RelayRequest? _request;
    private Resolution? _state;
    private string? _warning;
    private Resolution.Unavailable? _fault;

    public IReadOnlyList<Task> Refresh()
    {
        var superseded = new List<Task>(destination.Refresh());
        var (found, fault) = destination.Resolve();
        _fault = fault;
        if (found is not null)
            Hold(new RelayRequest(relay.Namespace ?? ns, found, spec.Protocol, relay, RelayHash.Of(spec.Source, spec.Uri)));

        // A destination that is out of sight for a moment is not left: the relay would have to be started again.
        _state = null;
        if (_lease is null)
            return superseded;
        var (state, warning) = (_lease.Current, _lease.Warning);
        (_state, _warning) = (state.Value, warning.Value);
        superseded.Add(state.Superseded);
        superseded.Add(warning.Superseded);
        return superseded;
    }

    public Resolution? Resolve()
    {
        if (_fault is not null)
            return _fault;
        string?[] warnings = [destination.Warning, _warning];
        return _state is Resolution.Ready ready
            ? ready with { Warning = string.Join(' ', warnings.Where(warning => warning is not null)) is { Length: > 0 } text ? text : null }
            : _state;
    }

    public ValueTask DisposeAsync()
    {
        _lease?.Dispose();
        return destination.DisposeAsync();
    }

    private void Hold(RelayRequest request)
    {
        if (request.Equals(_request))
            return;
        var left = _lease;
        _lease = relays.Open(cluster, request);
        _request = request;
        left?.Dispose();
    }
}
