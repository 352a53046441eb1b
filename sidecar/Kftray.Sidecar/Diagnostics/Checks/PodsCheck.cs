using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>The pods behind the target, and of those that are not ready, why.</summary>
internal sealed class PodsCheck() : Check(DiagnosisLink.Pods, DiagnosisLink.Target)
{
    private const int MaxPods = 10;

    public override string Title(Examination examination) => "Pods";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        if (examination.IsWithoutRelay)
            return Finding.Skip("Not looked at: a relay would have to be started in the cluster, which is not the doctor's to do. Start the forward first.");

        var stories = await StoriesAsync(examination, cancellationToken);
        string[] details =
        [
            .. stories.Where(story => story.Troubles.Count > 0).Take(MaxPods)
                .SelectMany(story => story.Troubles.Select(trouble => $"{story.Name}: {trouble}")),
        ];
        if (examination.Resolution is Resolution.Unavailable unavailable)
            return Finding.Fail(unavailable.Fault) with { Details = details };

        var ready = ((Resolution.Ready)examination.Resolution!).Pods;
        examination.Target = ready[0];
        var runtime = stories.FirstOrDefault(story => story.Name == ready[0].Name)?.Runtime is { } name ? $" on {name}" : "";
        var count = ready.Count == 1 ? $"'{ready[0].Name}'{runtime} is ready" : $"{ready.Count} pods{runtime} are ready; new connections go to '{ready[0].Name}'";
        return Finding.Pass($"{count}{(details.Length == 0 ? "" : "; others are not")}.") with { Details = details };
    }

    private static async Task<IReadOnlyList<PodStory>> StoriesAsync(Examination examination, CancellationToken cancellationToken)
    {
        // A relay may live in a namespace of its own.
        var ns = examination.Resolution is Resolution.Ready { Pods: [var first, ..] } ? first.Namespace : examination.Namespace;
        try
        {
            var matches = await MatcherAsync(examination, cancellationToken);
            var page = await examination.Cluster!.Reader.ListAsync(ResourceKinds.PodStories, ns, cancellationToken);
            return [.. page.Items.Where(story => matches(story.Pod)).OrderBy(story => story.Name, StringComparer.Ordinal)];
        }
        catch (ApiStatusException e) when (e.Fault.Kind == FaultKind.Forbidden)
        {
            // Those who may not list pods learn of ready ones by the Service's slices; the rest is not for them to see.
            return [];
        }
    }

    private static async Task<Func<PodInfo, bool>> MatcherAsync(Examination examination, CancellationToken cancellationToken)
    {
        var spec = examination.Spec;
        if (examination.NeedsRelay)
            return pod => examination.Resolution is Resolution.Ready ready && ready.Pods.Any(target => target.Name == pod.Name);
        if (spec is { WorkloadType: WorkloadType.Pod, Service: { } name })
            return pod => pod.Name == name;
        if (spec.WorkloadType == WorkloadType.Pod)
            return LabelSelector.Parse(spec.Selector ?? "") is { } selector ? pod => selector.Matches(pod.Labels) : _ => false;

        var service = await examination.Cluster!.Reader.GetAsync(ResourceKinds.Services, examination.Namespace, spec.Service!, cancellationToken);
        return pod => service.Selector.Count > 0
            && service.Selector.All(label => pod.Labels.TryGetValue(label.Key, out var value) && value == label.Value);
    }
}
