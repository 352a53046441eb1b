using System.Collections.Immutable;

namespace Kftray.Testing.Store;

/// <summary>Every resource that this API server serves. A new one is one entry here; behaviour beyond storage is a controller.</summary>
public static class ResourceKinds
{
    public static readonly ResourceKind Namespaces = new("", "v1", "namespaces", "Namespace", false) { ShortNames = ["ns"] };

    public static readonly ResourceKind Pods = new("", "v1", "pods", "Pod", true)
    {
        ShortNames = ["po"],
        Categories = ["all"],
        ReturnsDeleted = true,
        Subresources =
        [
            new("log", "", "v1", "Pod", "get"),
            new("portforward", "", "v1", "PodPortForwardOptions", "create", "get"),
            new("status", "", "v1", "Pod", "get", "patch", "update"),
        ],
    };

    public static readonly ResourceKind Services = new("", "v1", "services", "Service", true)
    {
        ShortNames = ["svc"],
        Categories = ["all"],
        ReturnsDeleted = true,
    };

    public static readonly ResourceKind Events = new("", "v1", "events", "Event", true) { ShortNames = ["ev"] };

    public static readonly ResourceKind ResourceQuotas = new("", "v1", "resourcequotas", "ResourceQuota", true)
    {
        ShortNames = ["quota"],
        ReturnsDeleted = true,
        Subresources = [new("status", "", "v1", "ResourceQuota", "get", "patch", "update")],
    };

    public static readonly ResourceKind EndpointSlices = new("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true);

    public static readonly ResourceKind Deployments = new("apps", "v1", "deployments", "Deployment", true)
    {
        ShortNames = ["deploy"],
        Categories = ["all"],
        Subresources =
        [
            new("scale", "autoscaling", "v1", "Scale", "get", "patch", "update"),
            new("status", "apps", "v1", "Deployment", "get", "patch", "update"),
        ],
    };

    public static readonly ResourceKind Jobs = new("batch", "v1", "jobs", "Job", true)
    {
        Categories = ["all"],
        Subresources = [new("status", "batch", "v1", "Job", "get", "patch", "update")],
    };

    public static readonly ResourceKind AccessReviews =
        new("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false) { IsCreateOnly = true };

    public static readonly ImmutableArray<ResourceKind> All =
        [Namespaces, Pods, Services, Events, ResourceQuotas, EndpointSlices, Deployments, Jobs, AccessReviews];

    public static ResourceKind? Find(string group, string version, string plural) =>
        All.FirstOrDefault(kind => kind.Group == group && kind.Version == version && kind.Plural == plural);

    /// <summary>The kind of an object by its <c>apiVersion</c> and <c>kind</c>.</summary>
    public static ResourceKind? FindByKind(string? apiVersion, string? kind) =>
        All.FirstOrDefault(candidate => candidate.GroupVersion == apiVersion && candidate.Kind == kind);
}
