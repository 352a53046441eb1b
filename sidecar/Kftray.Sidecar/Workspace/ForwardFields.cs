using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Workspace;

/// <summary>The keys of one forward. Names and meanings are kftray's wherever it has them.</summary>
internal static class ForwardFields
{
    public static TextField Alias { get; } = new("alias",
        "Display name, unique in its source. Related forwards share a prefix, as in `shop/api`. Absent: the service's name, with `-<remote_port>` where needed.")
    { InDefaults = false };

    public static ChoiceField<WorkloadType> WorkloadType { get; } = new("workload_type",
        "What the forward leads to: a `service` (the default), a `pod`, a host behind the cluster (`proxy`), or a local port shown to the cluster (`expose`).");

    public static TextField Service { get; } = new("service",
        "Name of the Service. For `pod`: name of the pod.") { InDefaults = false };

    public static SelectorField Target { get; } = new("target",
        "Label selector of the pods, for `pod`. As for `kubectl -l`: `app=web,tier!=cache`.") { InDefaults = false };

    public static TextField RemoteAddress { get; } = new("remote_address",
        "Host or IP address behind the cluster, for `proxy`. Absent: the value of `service`.") { InDefaults = false };

    public static PortField RemotePort { get; } = new("remote_port",
        "Port of the Service or pod, by number or by name. A number that no Service port has is taken as a container port.");

    public static IntegerField LocalPort { get; } = new("local_port",
        "Port to listen on. Absent or 0: a free port that stays the same for the alias.", 0, 65535) { InDefaults = false };

    public static AddressField LocalAddress { get; } = new("local_address",
        "IP address to listen on; `127.0.0.1` unless the settings say otherwise. `localhost` is both `127.0.0.1` and `::1`. Anything but loopback needs the setting `kftray.allowNonLoopback`.");

    public static FlagField AutoLoopbackAddress { get; } = new("auto_loopback_address",
        "Give the forward an address 127.0.0.N of its own, the same each time, so that several forwards can use one port number.");

    public static ChoiceField<ForwardProtocol> Protocol { get; } = new("protocol",
        "`tcp` (the default) or `udp`. UDP needs a relay in the cluster.");

    public static TextField Namespace { get; } = new("namespace",
        "Namespace of the target. Absent: the context's namespace, else `default`.");

    public static TextField Context { get; } = new("context",
        "Context of the kubeconfig. Absent: the context of the settings, else the current one. `@current`: the current one.");

    public static TextField Kubeconfig { get; } = new("kubeconfig",
        "Path of a kubeconfig, or several separated as in `$KUBECONFIG`. `default` or absent: the settings, else `$KUBECONFIG`, else `~/.kube/config`.");

    public static SecondsField HoldSeconds { get; } = new("hold_seconds",
        "How long a new connection waits for a pod while the forward reconnects, before it is reset. 30 unless the settings say otherwise.", 0, 3600);

    public static SecondsField HalfCloseGraceSeconds { get; } = new("half_close_grace_seconds",
        "How long the pod may be silent after the client ended its side before the pod is told. 1 by default.", 0, 3600);

    public static ChoiceField<Balance> Balance { get; } = new("balance",
        "`first` (the default): new connections stay with one ready pod. `spread`: they go round all ready pods.");

    public static ChoiceField<OpenScheme> Open { get; } = new("open",
        "Scheme that Open in Browser uses. Absent: the forward is not for a browser.");

    public static FlagField AutoStart { get; } = new("auto_start",
        "Start the forward when the workspace opens, if the user allows it.");

    public static GroupField Relay { get; } = new("relay",
        "The relay pod that UDP and `proxy` forwards use.", RelayFields.All);

    public static IReadOnlyList<ConfigField> All { get; } =
    [
        Alias, WorkloadType, Service, Target, RemoteAddress, RemotePort, LocalPort, LocalAddress, AutoLoopbackAddress, Protocol,
        Namespace, Context, Kubeconfig, HoldSeconds, HalfCloseGraceSeconds, Balance, Open, AutoStart, Relay,
    ];

    /// <summary>Keys that the desktop app writes and that mean nothing here.</summary>
    public static IReadOnlyDictionary<string, string> Unused { get; } = new[]
    {
        "id", "domain_enabled",
        "http_logs_enabled", "http_logs_max_file_size", "http_logs_retention_days", "http_logs_auto_cleanup",
        "exposure_type", "cert_manager_enabled", "cert_issuer", "cert_issuer_kind", "ingress_class", "ingress_annotations",
    }.ToDictionary(key => key, _ => "a key of the desktop app and not used here");

    public static GroupField Forward { get; } = new("", "One port forward.", All) { Unused = Unused };

    private static class RelayFields
    {
        public static IReadOnlyList<ConfigField> All { get; } =
        [
            new TextField("image", "Image of the relay."),
            new TextField("namespace", "Namespace of the relay. Absent: the forward's."),
            new MapField("labels", "Labels to add."),
            new MapField("annotations", "Annotations to add."),
            new ManifestField("tolerations", "Tolerations, as in a pod.", isList: true),
            new MapField("node_selector", "Labels of the nodes that the relay may run on."),
            new ManifestField("image_pull_secrets", "Secrets to pull the image with, as in a pod.", isList: true),
            new ManifestField("resources", "Requests and limits, as in a container.", isList: false),
            new TextField("service", "An existing Service to use as the relay; nothing is created then."),
        ];
    }
}
