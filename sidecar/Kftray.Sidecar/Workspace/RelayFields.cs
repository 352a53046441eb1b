namespace Kftray.Sidecar.Workspace;

/// <summary>The keys of <c>relay</c>.</summary>
internal static class RelayFields
{
    public static TextField Image { get; } = new("image",
        "Image of the relay. Absent: the one that belongs to this version. `ghcr.io/hcavarsan/kftray-server:latest` works too, one datagram at a time.");

    public static NamespaceField Namespace { get; } = new("namespace", "Namespace of the relay. Absent: the forward's.");

    public static MapField Labels { get; } = new("labels", "Labels to add.");

    public static MapField Annotations { get; } = new("annotations", "Annotations to add.");

    public static ManifestField Tolerations { get; } = new("tolerations", "Tolerations, as in a pod.", isList: true);

    public static MapField NodeSelector { get; } = new("node_selector", "Labels of the nodes that the relay may run on.");

    public static ManifestField ImagePullSecrets { get; } = new("image_pull_secrets", "Secrets to pull the image with, as in a pod.", isList: true);

    public static ManifestField Resources { get; } = new("resources", "Requests and limits, as in a container.", isList: false);

    public static IntegerField IdleExitSeconds { get; } = new("idle_exit_seconds",
        "How long the relay stays in the cluster when nobody has spoken to it, for instance because this machine is gone. 600 by default.", 10, 86400);

    public static TextField Service { get; } = new("service",
        "An existing Service, with relays for this target behind it, to use instead of creating one.");

    public static IReadOnlyList<ConfigField> All { get; } =
        [Image, Namespace, Labels, Annotations, Tolerations, NodeSelector, ImagePullSecrets, Resources, IdleExitSeconds, Service];
}
