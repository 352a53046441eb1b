using System.Globalization;
using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether the local port can be had, who holds it, and who else listens beside it.</summary>
internal sealed class LocalPortCheck(ILocalEndpointBinder binder, IPortOwners owners) : Check(DiagnosisLink.LocalPort, DiagnosisLink.ConfigEntry)
{
    public override string Title(Examination examination) => "Local port";

    public override Fault SilenceOf(Examination examination) => new(FaultKind.Unknown, "The system did not tell about the local port in time.");

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var (spec, snapshot) = (examination.Spec, examination.Snapshot);
        int port;
        if (examination.IsListening)
        {
            port = snapshot.LocalPort;
        }
        else
        {
            try
            {
                await using var endpoint = binder.Bind(spec);
                port = endpoint.LocalEndPoint.Port;
            }
            catch (ForwardException e)
            {
                return Refused(examination, await binder.ExplainAsync(spec, e.Fault, cancellationToken));
            }
        }

        var place = string.Create(CultureInfo.InvariantCulture, $"{spec.LocalAddress}, port {port}");
        var seen = examination.IsListening ? $"The forward listens on {place}." : $"Free: {place}.";
        var listeners = await owners.FindAsync(port, spec.Protocol, cancellationToken);
        if (spec.IsExposed)
            return Finding.Warn($"{seen} Other machines can reach it.", "Use 127.0.0.1 as local_address unless that is what you want.");
        return Shadow(spec, listeners) is { } shadow
            ? Finding.Warn($"{seen} {Describe(shadow)}", "Clients that connect to 'localhost' may reach that one instead: use 127.0.0.1, or local_address localhost, or another local_port.")
            : Finding.Pass(seen);
    }

    private static Finding Refused(Examination examination, Fault fault)
    {
        // Where the forward is not wanted here, another Kftray that has it is no trouble.
        if (fault is { Kind: FaultKind.PortInUse, Holder.IsKftray: true } && examination.Snapshot.Status == ForwardStatus.Stopped)
            return Finding.Warn(fault.Message, fault.Hint);

        return Finding.Fail(fault) with
        {
            Details = fault.Holder is { Command: { } command } busy ? [$"{busy.Address}: {command}"] : [],
        };
    }

    /// <summary>A listener on an address that the forward does not have and that clients of <c>localhost</c> try too.</summary>
    private static PortListener? Shadow(ForwardSpec spec, IReadOnlyList<PortListener> listeners)
    {
        var own = LocalAddresses.Of(spec.LocalAddress);
        return own.Any(IPAddress.IsLoopback)
            ? listeners.FirstOrDefault(listener => !own.Contains(listener.Address)
                && (listener.Address.Equals(IPAddress.IPv6Loopback) || listener.Address.Equals(IPAddress.Loopback) || HolderDescription.IsAny(listener.Address)))
            : null;
    }

    private static string Describe(PortListener shadow)
    {
        var holder = HolderDescription.Of(shadow);
        var who = holder.ProcessId is { } id ? string.Create(CultureInfo.InvariantCulture, $"{holder.Name} (pid {id})") : "Another process";
        return $"{who} listens on {holder.Address} with the same port.";
    }
}
