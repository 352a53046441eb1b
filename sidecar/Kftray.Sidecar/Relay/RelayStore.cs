using System.Net;
using System.Security.Cryptography;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Relay;

/// <summary>The jobs of relays in the clusters: finds, adopts, creates and removes those of one owner, and touches no other's.</summary>
internal sealed class RelayStore(RelayOwner owner, TimeProvider time, ILogger logger)
{
    // The process may be about to end; what is not removed by then ends by itself.
    private static readonly TimeSpan RemoveLimit = TimeSpan.FromSeconds(1);

    /// <summary>The job of a process that has ended, if there is one for the same; else a new one.</summary>
    /// <exception cref="ApiStatusException">The server refuses.</exception>
    /// <exception cref="ForwardException">The server could not be asked.</exception>
    public async Task<JobInfo> AcquireAsync(Cluster cluster, RelayRequest request, CancellationToken cancellationToken)
    {
        if (await AdoptAsync(cluster, request, cancellationToken) is { } adopted)
        {
            logger.RelayAdopted(adopted.Namespace, adopted.Name, request.Title);
            return adopted;
        }

        var name = "kftray-relay-" + RandomNumberGenerator.GetHexString(10, lowercase: true);
        var created = await cluster.Writer.CreateAsync(
            ResourceKinds.Jobs, request.Namespace, RelayManifest.Build(request, owner, name), cancellationToken);
        logger.RelayCreated(created.Namespace, created.Name, request.Title);
        return created;
    }

    /// <returns>The job as it is now; null when it is gone.</returns>
    public static async Task<JobInfo?> FindAsync(Cluster cluster, JobInfo job, CancellationToken cancellationToken)
    {
        try
        {
            var found = await cluster.Reader.GetAsync(ResourceKinds.Jobs, job.Namespace, job.Name, cancellationToken);
            return found.Uid == job.Uid ? found : null;
        }
        catch (ApiStatusException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            // Who may not look takes it to be as it was; the pod tells more anyway.
            return job;
        }
    }

    /// <summary>What components say about a job and its pod, the newest last; nothing where that may not be read.</summary>
    public static async Task<IReadOnlyList<EventInfo>> EventsAsync(Cluster cluster, JobInfo job, PodInfo? pod, CancellationToken cancellationToken)
    {
        try
        {
            List<EventInfo> events = [];
            foreach (var uid in new[] { job.Uid, pod?.Uid }.OfType<string>())
            {
                var page = await cluster.Reader.ListAsync(
                    ResourceKinds.Events, job.Namespace, cancellationToken, fields: $"involvedObject.uid={uid}");
                events.AddRange(page.Items.Where(said => said.AboutUid == uid));
            }

            return [.. events.OrderBy(said => said.At)];
        }
        catch (ApiStatusException)
        {
            // They only say more than is known anyway.
            return [];
        }
    }

    /// <summary>Removes a job of this process. What cannot be removed now ends by itself.</summary>
    public async Task RemoveAsync(Cluster cluster, JobInfo job)
    {
        using var limit = new CancellationTokenSource(RemoveLimit, time);
        try
        {
            if (await cluster.Writer.DeleteAsync(ResourceKinds.Jobs, job.Namespace, job.Name, job.Uid, limit.Token))
                logger.RelayRemoved(job.Namespace, job.Name);
        }
        catch (Exception e) when (e is ApiStatusException or ForwardException or OperationCanceledException)
        {
            logger.RelayLeft(job.Namespace, job.Name, e.Message);
        }
    }

    /// <summary>Removes what processes of this owner have left that have ended.</summary>
    /// <param name="isWanted">Those that are about to be adopted, by their target.</param>
    public async Task SweepAsync(Cluster cluster, string ns, Func<string, bool> isWanted)
    {
        using var limit = new CancellationTokenSource(RemoveLimit, time);
        try
        {
            var page = await cluster.Reader.ListAsync(ResourceKinds.Jobs, ns, limit.Token, RelayLabels.Of(owner));
            var orphans = page.Items.Where(job => IsOrphan(job) && !isWanted(job.Labels.GetValueOrDefault(RelayLabels.Target, "")));
            await Task.WhenAll(orphans.Select(job => RemoveAsync(cluster, job)));
        }
        catch (Exception e) when (e is ApiStatusException or ForwardException or OperationCanceledException)
        {
            logger.RelaySweepFailed(ns, e.Message);
        }
    }

    /// <summary>True when the process that needed it is not there any more.</summary>
    public bool IsOrphan(JobInfo job) =>
        job.Labels.GetValueOrDefault(RelayLabels.Owner) == owner.Id
        && job.Labels.GetValueOrDefault(RelayLabels.Process) is { } process
        && process != owner.Process
        && !owner.IsRunning(process);

    private async Task<JobInfo?> AdoptAsync(Cluster cluster, RelayRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var page = await cluster.Reader.ListAsync(
                ResourceKinds.Jobs, request.Namespace, cancellationToken, $"{RelayLabels.Of(owner)},{RelayLabels.Target}={request.TargetHash}");
            foreach (var job in page.Items.Where(job => IsOrphan(job) && job is { IsTerminating: false, IsOver: false }))
            {
                try
                {
                    return await cluster.Writer.PatchAsync(
                        ResourceKinds.Jobs, job.Namespace, job.Name, RelayManifest.Adopt(request, owner, job.Version), cancellationToken);
                }
                catch (ApiStatusException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.NotFound or HttpStatusCode.Forbidden)
                {
                    // Another process was quicker, or it is gone, or jobs may not be changed: the next one, or a new one.
                }
            }
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            // Who may not list finds nothing to adopt; whether a new one may be created, the server will say.
        }

        return null;
    }
}
