using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Spec, state and resolution as the record that is sent.</summary>
internal static class SnapshotBuilder
{
    public static ForwardSnapshot Build(ForwardSpec spec, ForwardState state, Resolution? resolution)
    {
        var snapshot = new ForwardSnapshot
        {
            Id = spec.Id,
            Alias = spec.Alias,
            Source = spec.Source,
            Uri = spec.Uri,
            Line = spec.Line,
            Status = state.Status,
            Since = default,
            Protocol = spec.Protocol,
            WorkloadType = spec.WorkloadType,
            Target = spec.TargetLabel,
            TargetName = spec.RemoteAddress ?? spec.Service ?? spec.Selector ?? "",
            RemotePort = spec.RemotePort.ToString(),
            LocalAddress = spec.LocalAddress,
            Context = resolution?.Context ?? spec.Context,
            Namespace = resolution?.Namespace ?? spec.Namespace,
            Warning = Warning(spec, state, resolution),
            Open = spec.Open,
            AutoStart = spec.AutoStart,
            Traffic = Traffic.None,
        };
        return state switch
        {
            ForwardState.Active active => snapshot with
            {
                Pods = [.. active.Pods.Select(pod => pod.Name)],
                PingMilliseconds = active.RoundTrip?.TotalMilliseconds is { } ping ? Math.Round(ping, 1) : null,
                Transport = active.Pods[0].Dialer.Transport,
            },
            ForwardState.Reconnecting waiting => snapshot with
            {
                Fault = FaultCatalog.Complete(waiting.Fault),
                Attempt = waiting.Attempt,
                WaitingFor = waiting.WaitingFor,
                NextAttemptAt = waiting.NextAttemptAt,
            },
            ForwardState.Failed failed => snapshot with { Fault = FaultCatalog.Complete(failed.Fault) },
            ForwardState.Blocked blocked => snapshot with { Fault = FaultCatalog.Complete(blocked.Fault) },
            _ => snapshot,
        };
    }

    private static string? Warning(ForwardSpec spec, ForwardState state, Resolution? resolution)
    {
        var exposed = spec.IsExposed && state is (ForwardState.Active or ForwardState.Reconnecting)
            ? $"Other machines can reach it on {spec.LocalAddress}."
            : null;
        var warnings = string.Join(' ', new[] { exposed, resolution?.Warning, resolution?.Notice }.OfType<string>());
        return warnings.Length > 0 ? warnings : null;
    }
}
