using System.Collections.Immutable;
using System.Net;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>A port of a pod and what is behind it.</summary>
/// <param name="Behaviour">Its name in the <see cref="BehaviourCatalog"/>.</param>
/// <param name="Container">The name of the container that declares it.</param>
/// <param name="LeadsTo">A server of the test's own that stands in for the application.</param>
internal sealed record PodPort(int Number, bool IsUdp, string Container, string Behaviour, IPEndPoint? LeadsTo)
{
    /// <summary>
    /// The ports of a pod object. The behaviour is named by the annotation <c>testcluster/behaviour.PORT</c>, else
    /// <c>testcluster/behaviour</c>, else by an image <c>behaviour/NAME[:ARGUMENT]</c>; <c>testcluster/leads-to[.PORT]</c> gives a host:port.
    /// </summary>
    public static ImmutableArray<PodPort> Of(JsonObject pod)
    {
        var annotations = pod.StringMap("metadata", "annotations") ?? new Dictionary<string, string>();
        return
        [
            .. from container in pod.Items("spec", "containers")
               from port in container.Items("ports")
               let number = port.Number("containerPort") ?? 0
               where number > 0
               let isUdp = port.Text("protocol") == "UDP"
               select new PodPort(number, isUdp, container.Text("name") ?? "", BehaviourOf(annotations, container, number), LeadOf(annotations, number)),
        ];
    }

    private static string BehaviourOf(IReadOnlyDictionary<string, string> annotations, JsonObject container, int port)
    {
        if (annotations.TryGetValue($"testcluster/behaviour.{port}", out var own)) return own;
        if (annotations.TryGetValue("testcluster/behaviour", out var all)) return all;
        return container.Text("image") is { } image && image.StartsWith("behaviour/", StringComparison.Ordinal) ? image["behaviour/".Length..] : "http";
    }

    private static IPEndPoint? LeadOf(IReadOnlyDictionary<string, string> annotations, int port)
    {
        var text = annotations.GetValueOrDefault($"testcluster/leads-to.{port}") ?? annotations.GetValueOrDefault("testcluster/leads-to");
        return text is null ? null : IPEndPoint.Parse(text.Replace("localhost", "127.0.0.1", StringComparison.Ordinal));
    }
}
