using System.Collections.Immutable;
using System.Net;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Kubernetes.Watching;

/// <summary>One object by name, every two seconds: for those who may get it and may not list its kind.</summary>
internal sealed class ItemPoller<T>(
    ResourceKind<T> kind, string ns, string item, ApiReader api, RetryPulse pulse, TimeProvider time, ILogger logger)
    : WatchSource<T>($"{api.Server.Context}/{ns}/{kind.Plural}/{item}", pulse, time, logger)
    where T : IResource
{
    protected override async Task StepAsync(CancellationToken stopping)
    {
        var items = ImmutableDictionary<string, T>.Empty;
        try
        {
            items = items.Add(item, await api.GetAsync(kind, ns, item, stopping));
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.NotFound)
        {
            // An answer like any other: it does not exist now.
            items = items.Clear();
        }

        Publish(state => state with { Items = items, IsKnown = true, IsPolled = true });
        await Task.Delay(PollInterval, Time, stopping);
    }
}
