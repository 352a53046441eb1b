using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>Judges a forward as a whole and fills in every default.</summary>
/// <param name="writtenPorts">Every local port that any document names.</param>
internal sealed class ForwardBinder(ApplyParams request, ProblemList problems, WorkspaceHost host, IReadOnlySet<int> writtenPorts)
{
    private readonly SidecarSettings _settings = request.Settings;
    private readonly LocalPorts _localPorts = new(problems, writtenPorts);

    /// <summary>A forward with an error is returned too, blocked by it.</summary>
    public ForwardSpec Bind(LayeredForward forward)
    {
        var written = forward.Find(ForwardFields.WorkloadType);
        var type = written?.Value ?? WorkloadType.Service;
        if (written is not null || !forward.Has(ForwardFields.WorkloadType))
        {
            CheckTarget(forward, type);
            CheckNames(forward, type);
        }

        CheckTeamFile(forward);

        var localPort = forward.Find(ForwardFields.LocalPort);
        var protocol = forward.Find(ForwardFields.Protocol)?.Value ?? ForwardProtocol.Tcp;
        var spec = new ForwardSpec
        {
            Id = forward.Id,
            Alias = forward.Alias,
            Source = forward.Source,
            Uri = forward.Document.Uri,
            Line = forward.Definition.Range.StartLine,
            WorkloadType = type,
            Protocol = protocol,
            Service = forward.Find(ForwardFields.Service)?.Value,
            Selector = type is WorkloadType.Pod ? forward.Find(ForwardFields.Target)?.Value : null,
            RemoteAddress = type is WorkloadType.Proxy ? forward.Find(ForwardFields.RemoteAddress)?.Value : null,
            RemotePort = forward.Find(ForwardFields.RemotePort)?.Value ?? default,
            Context = Context(forward),
            Namespace = forward.Find(ForwardFields.Namespace)?.Value ?? NullIfEmpty(_settings.DefaultNamespace),
            Kubeconfig = Kubeconfig(forward),
            LocalAddress = LocalAddress(forward, localPort?.Value ?? 0, protocol),
            LocalPort = localPort?.Value ?? 0,
            NextFreeLocalPort = _settings.NextFreeLocalPort,
            HoldTimeout = forward.Find(ForwardFields.HoldSeconds)?.Value ?? Seconds(_settings.HoldSeconds, 0),
            HalfCloseGrace = forward.Find(ForwardFields.HalfCloseGraceSeconds)?.Value ?? TimeSpan.FromSeconds(1),
            ReconnectMaxDelay = Seconds(_settings.ReconnectMaxDelaySeconds, 1),
            Balance = forward.Find(ForwardFields.Balance)?.Value ?? Balance.First,
            Open = forward.Find(ForwardFields.Open)?.Value,
            AutoStart = forward.Find(ForwardFields.AutoStart)?.Value ?? false,
        };

        if (spec.NeedsRelay)
            spec = spec with { Relay = Relay(forward) };
        CheckUnprivileged(localPort);
        forward.Error ??= forward.HasIdentity ? _localPorts.Take(spec, localPort) : null;
        spec = spec with { Blocked = Blocked(forward.Error) ?? StartPolicy.Check(spec, request) };
        CheckContext(forward, spec);
        ReportNotRunning(forward, spec);
        return spec;
    }

    private static Fault? Blocked(string? error) =>
        error is null ? null : new Fault(FaultKind.InvalidConfig, error, "Correct the forward's entry in the config file.");

    /// <summary>Each workload type needs to be told other things.</summary>
    private void CheckTarget(LayeredForward forward, WorkloadType type)
    {
        var named = forward.Has(ForwardFields.Service);
        switch (type)
        {
            case WorkloadType.Service when !named:
                Missing(forward, "service is missing: the name of the Service.");
                break;
            case WorkloadType.Pod when !named && !forward.Has(ForwardFields.Target):
                Missing(forward, "A pod needs service (its name) or target (a label selector).");
                break;
            case WorkloadType.Proxy when !named && !forward.Has(ForwardFields.RemoteAddress):
                Missing(forward, "remote_address is missing: the host behind the cluster.");
                break;
        }

        if (type is not WorkloadType.Expose && !forward.Has(ForwardFields.RemotePort))
            Missing(forward, "remote_port is missing: the port to forward to.");

        if (type is WorkloadType.Proxy && forward.Find(ForwardFields.RemotePort) is { Value.Name: not null } name)
            Report(forward, name, ProblemSeverity.Error, ProblemCodes.InvalidValue, "remote_port of a proxy must be a number.");
    }

    /// <summary>A name that the API server would refuse is better refused here, with its place.</summary>
    private void CheckNames(LayeredForward forward, WorkloadType type)
    {
        if (forward.Find(ForwardFields.Service) is { } service)
        {
            if (type is WorkloadType.Service && !KubernetesName.IsLabel(service.Value))
            {
                Report(forward, service, ProblemSeverity.Error, ProblemCodes.InvalidValue,
                    "service is not the name of a Service: at most 63 lower-case letters, digits and '-'.");
            }
            else if (type is WorkloadType.Pod && !KubernetesName.IsSubdomain(service.Value))
            {
                Report(forward, service, ProblemSeverity.Error, ProblemCodes.InvalidValue,
                    "service is not the name of a pod: lower-case letters, digits, '-' and '.'.");
            }
        }

        if (forward.Find(ForwardFields.Namespace) is { } ns && !KubernetesName.IsLabel(ns.Value))
        {
            Report(forward, ns, ProblemSeverity.Error, ProblemCodes.InvalidValue,
                "namespace is not the name of a namespace: at most 63 lower-case letters, digits and '-'.");
        }
    }

    /// <summary>Advice that only makes sense for a file that others use too.</summary>
    private void CheckTeamFile(LayeredForward forward)
    {
        if (forward.Document.Kind is not DocumentKind.Shared)
            return;

        if (!forward.Has(ForwardFields.LocalPort) && !forward.Has(ForwardFields.AutoLoopbackAddress))
        {
            problems.Add(forward.Document.Uri, forward.Definition.OpeningBrace, ProblemSeverity.Hint, ProblemCodes.NoLocalPort,
                "Without local_port everybody gets another port. Name one to keep it the same across the team.",
                AddLocalPort(forward));
        }

        if (forward.Find(ForwardFields.Kubeconfig) is { Document.Kind: DocumentKind.Shared } path
            && KubeconfigPath.IsMachineSpecific(path.Value))
        {
            problems.Add(path.Document.Uri, path.Range, ProblemSeverity.Warning, ProblemCodes.AbsoluteKubeconfig,
                "This path exists on one machine only. Leave it out, and name it in the setting kftray.kubeconfig or in kftray.local.json.",
                new ProblemFix("Remove kubeconfig and use the setting kftray.kubeconfig", path.Range, null));
        }
    }

    /// <summary>On its own line where the other keys are.</summary>
    private ProblemFix? AddLocalPort(LayeredForward forward)
    {
        var remote = forward.Find(ForwardFields.RemotePort)?.Value.Number ?? 0;
        if (_localPorts.Unused(remote >= 1024 ? remote : 8000 + remote) is not { } port)
            return null;
        var brace = forward.Definition.OpeningBrace;
        var indent = forward.Definition.Members is [var first, ..] && first.KeyRange.StartLine > brace.StartLine
            ? "\n" + new string(' ', first.KeyRange.StartColumn)
            : " ";
        var place = new TextRange(brace.EndLine, brace.EndColumn, brace.EndLine, brace.EndColumn);
        return new($"Add local_port {port}", place, $"{indent}\"local_port\": {port},");
    }

    private void CheckUnprivileged(Located<int>? port)
    {
        if (port is { Value: > 0 } && port.Value < host.FirstUnprivilegedPort)
        {
            problems.Add(port.Document.Uri, port.Range, ProblemSeverity.Warning, ProblemCodes.PrivilegedPort,
                $"Only an administrator may listen on a port below {host.FirstUnprivilegedPort}.",
                _localPorts.Unused(8000 + port.Value) is { } unused ? new ProblemFix($"Use port {unused}", port.Range, $"{unused}") : null);
        }
    }

    private void ReportNotRunning(LayeredForward forward, ForwardSpec spec)
    {
        switch (spec.Blocked)
        {
            case { Kind: FaultKind.NotSupported } fault:
                problems.Add(spec.Uri, forward.Definition.OpeningBrace, ProblemSeverity.Information, ProblemCodes.NotSupported, fault.Message);
                break;
            case { Kind: FaultKind.NonLoopbackAddress } fault when forward.Find(ForwardFields.LocalAddress) is { } address:
                problems.Add(address.Document.Uri, address.Range, ProblemSeverity.Warning, ProblemCodes.NonLoopbackAddress,
                    $"{fault.Message} {fault.Hint}", new ProblemFix("Listen on 127.0.0.1", address.Range, "\"127.0.0.1\""));
                break;
        }
    }

    private RelaySpec Relay(LayeredForward forward)
    {
        var written = forward.Find(ForwardFields.Relay);
        var settings = RelayReader.OfSettings(_settings);
        var (spec, error) = RelayReader.Read(settings is null ? written?.Value : written?.Value.Over(settings) ?? settings);
        forward.Error ??= error;
        return spec;
    }

    /// <summary>Information only: the kubeconfig of another machine may well have it.</summary>
    private void CheckContext(LayeredForward forward, ForwardSpec spec)
    {
        // A kubeconfig that may not be used is not looked into either.
        if (spec is not { Context: { } name, Blocked: null } || forward.Find(ForwardFields.Context) is not { } written
            || host.Contexts(spec.Kubeconfig) is not { } contexts || contexts.Contains(name))
        {
            return;
        }

        var near = NearMiss.Find(name, contexts);
        problems.Add(written.Document.Uri, written.Range, ProblemSeverity.Information, ProblemCodes.UnknownContext,
            $"The kubeconfig has no context {name}." + (near is null ? "" : $" Did you mean {near}?"),
            near is null ? null : new ProblemFix($"Change to {near}", written.Range, $"\"{near}\""));
    }

    private string? Context(LayeredForward forward) => forward.Find(ForwardFields.Context)?.Value switch
    {
        "@current" => null,
        null => NullIfEmpty(_settings.DefaultContext),
        string name => name,
    };

    private string? Kubeconfig(LayeredForward forward) => forward.Find(ForwardFields.Kubeconfig) switch
    {
        { Value: not KubeconfigPath.Default } path => ResolveKubeconfig(forward, path),
        _ => NullIfEmpty(KubeconfigPath.Join(_settings.Kubeconfig.Select(PathExpansion.Expand))),
    };

    private string ResolveKubeconfig(LayeredForward forward, Located<string> path)
    {
        var resolved = KubeconfigPath.Resolve(path.Value, path.Document);
        if (!KubeconfigPath.Split(resolved).All(Path.IsPathRooted))
        {
            Report(forward, path, ProblemSeverity.Error, ProblemCodes.InvalidValue,
                "kubeconfig must be an absolute path or start with ~/ because this document is not a file.");
        }

        return resolved;
    }

    private string LocalAddress(LayeredForward forward, int port, ForwardProtocol protocol)
    {
        if (forward.Find(ForwardFields.LocalAddress) is { } address)
            return address.Value;

        if (forward.Find(ForwardFields.AutoLoopbackAddress) is { Value: true })
            return _localPorts.OwnLoopbackAddress(forward.Id, port, protocol);

        // A setting that is no address is the editor's to complain about.
        return AddressField.Normalize(_settings.LocalAddress) ?? IPAddress.Loopback.ToString();
    }

    private void Missing(LayeredForward forward, string message)
    {
        forward.Error ??= message;
        problems.Add(forward.Document.Uri, forward.Definition.OpeningBrace, ProblemSeverity.Error, ProblemCodes.MissingKey, message);
    }

    private void Report<T>(LayeredForward forward, Located<T> value, ProblemSeverity severity, string code, string message)
    {
        forward.Error ??= message;
        problems.Add(value.Document.Uri, value.Range, severity, code, message);
    }

    private static TimeSpan Seconds(double value, double minimum) => TimeSpan.FromSeconds(Math.Clamp(value, minimum, 3600));

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
