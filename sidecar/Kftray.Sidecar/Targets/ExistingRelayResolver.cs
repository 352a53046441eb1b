using System.Globalization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Relay;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Targets;

/// <summary>Relays that somebody else runs, behind a Service: found as the pods of any Service are, and spoken to as relays.</summary>
internal sealed class ExistingRelayResolver : ITargetView
{
    private readonly ServiceResolver _service;
    private readonly RelayDialer _dialer;
    private string? _warning;

    public ExistingRelayResolver(ForwardSpec spec, RelaySpec relay, Cluster cluster, string ns, TimeProvider time, ILogger logger)
    {
        // Written "name" or "name:port"; without a port it is the Service's first.
        var parts = relay.Service!.Split(':');
        var port = parts is [_, var text]
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new PortReference(number) : new PortReference(0, text)
            : default;
        _service = new ServiceResolver(
            spec with { WorkloadType = WorkloadType.Service, Service = parts[0], RemotePort = port }, cluster, relay.Namespace ?? ns);
        _dialer = new RelayDialer(cluster.Dialer, spec.Protocol, time, logger);
    }

    public IReadOnlyList<Task> Refresh()
    {
        var warning = _dialer.Warning;
        _warning = warning.Value;
        return [.. _service.Refresh(), warning.Superseded];
    }

    public Resolution? Resolve() => _service.Resolve() switch
    {
        Resolution.Ready ready => ready with
        {
            Pods = [.. ready.Pods.Select(pod => pod with { Dialer = _dialer })],
            Warning = ready.Warning ?? _warning,
        },
        var other => other,
    };

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _dialer.DisposeAsync();
    }
}
