using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>
/// How long things take in a pod's life. The cluster has one for all; a pod's annotations override it
/// (<c>testcluster/start-delay-ms</c>, <c>ready-delay-ms</c>, <c>termination-delay-ms</c>, <c>restart-delay-ms</c>).
/// </summary>
public sealed record PodTiming
{
    /// <summary>From creation to running, milliseconds.</summary>
    public int StartDelayMs { get; init; } = 10;

    /// <summary>From running to ready, milliseconds; negative: never.</summary>
    public int ReadyDelayMs { get; init; } = 10;

    /// <summary>From the request to terminate until the application has exited, milliseconds; the grace period cuts it short.</summary>
    public int TerminationDelayMs { get; init; } = 10;

    /// <summary>From a crash until the container runs again, milliseconds; negative: never.</summary>
    public int RestartDelayMs { get; init; } = 100;

    /// <summary>From a failed image pull to the next attempt, milliseconds; for the first half of it the pod says ErrImagePull, then ImagePullBackOff.</summary>
    public int PullRetryDelayMs { get; init; } = 1000;

    /// <summary>The cluster's timing with what a pod's annotations say about it.</summary>
    internal static PodTiming Of(JsonObject pod, PodTiming cluster)
    {
        int Read(string name, int fallback) =>
            int.TryParse(pod.Text("metadata", "annotations", $"testcluster/{name}"), CultureInfo.InvariantCulture, out var value) ? value : fallback;
        return new PodTiming
        {
            StartDelayMs = Read("start-delay-ms", cluster.StartDelayMs),
            ReadyDelayMs = Read("ready-delay-ms", cluster.ReadyDelayMs),
            TerminationDelayMs = Read("termination-delay-ms", cluster.TerminationDelayMs),
            RestartDelayMs = Read("restart-delay-ms", cluster.RestartDelayMs),
            PullRetryDelayMs = cluster.PullRetryDelayMs,
        };
    }
}
