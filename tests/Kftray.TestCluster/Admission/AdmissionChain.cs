using System.Text.Json.Nodes;
using Kftray.Testing.Admission.PodSecurity;
using Kftray.Testing.Http;
using Kftray.Testing.Network;
using Kftray.Testing.Store;

namespace Kftray.Testing.Admission;

/// <summary>What happens to an object before it is stored for the first time: checks, and the defaults that clients rely on.</summary>
internal sealed class AdmissionChain(ObjectStore store, LoopbackAddresses addresses)
{
    private readonly QuotaAdmission _quota = new(store);

    // A quota that is looked at by two at the same time would be exceeded by one.
    private readonly Lock _gate = new();

    /// <param name="namespace">Of the request's path; null for kinds without namespaces.</param>
    /// <param name="warnings">Takes what the client is to be told although it succeeds.</param>
    /// <exception cref="ApiException">400, 403, 404, 409, 422.</exception>
    public StoredObject Create(ResourceKind kind, string? @namespace, JsonObject content, ICollection<string>? warnings = null)
    {
        if ((content.Text("kind") ?? kind.Kind) != kind.Kind || (content.Text("apiVersion") ?? kind.GroupVersion) != kind.GroupVersion)
            throw ApiException.BadRequest($"{content.Text("kind")} in version \"{content.Text("apiVersion")}\" cannot be handled as a {kind.Kind}");
        var home = kind.IsNamespaced ? Place(content, @namespace) : null;
        var metadata = content.Metadata();
        foreach (var key in (string[])["uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"])
            metadata.Remove(key);
        store.Identify(kind, content);
        switch (kind.Plural)
        {
            case "pods":
                PodDefaults.Apply(content);
                break;
            case "jobs":
                JobDefaults.Apply(kind, content);
                break;
            case "services":
                DefaultService(kind, content);
                break;
            case "deployments":
                DefaultDeployment(kind, content);
                break;
            case "namespaces":
                content["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                content["status"] = new JsonObject { ["phase"] = "Active" };
                metadata.Child("labels")["kubernetes.io/metadata.name"] = metadata.Text("name");
                break;
        }

        if (home is null) return store.Create(kind, content);
        PodSecurityAdmission.Review(home, kind, content, warnings);
        lock (_gate)
        {
            // What exists already is that before it is too much.
            if (store.Find(kind, content.Text("metadata", "namespace")!, content.Text("metadata", "name")!) is null)
                _quota.Review(kind, content.Text("metadata", "namespace")!, content);
            return store.Create(kind, content);
        }
    }

    /// <returns>The namespace.</returns>
    private JsonObject Place(JsonObject content, string? requested)
    {
        var metadata = content.Metadata();
        var @namespace = requested ?? metadata.Text("namespace") ?? "default";
        if (metadata.Text("namespace") is { Length: > 0 } own && own != @namespace)
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = @namespace;
        var home = store.Get(ResourceKinds.Namespaces, "", @namespace).Read();
        if (home.Text("status", "phase") == "Terminating")
        {
            throw new ApiException(
                403, "Forbidden", $"unable to create new content in namespace {@namespace} because it is being terminated");
        }

        return home;
    }

    private void DefaultService(ResourceKind kind, JsonObject service)
    {
        var spec = service.Child("spec");
        spec["type"] ??= "ClusterIP";
        spec["sessionAffinity"] ??= "None";
        if (spec.Text("type") != "ExternalName")
        {
            spec["clusterIP"] ??= addresses.NextForService().ToString();
            spec["clusterIPs"] ??= new JsonArray(spec.Text("clusterIP"));
            spec["ipFamilies"] ??= new JsonArray("IPv4");
        }

        foreach (var port in spec.Items("ports"))
        {
            if (port.Number("port") is not (> 0 and <= 65535))
                throw ApiException.Invalid(kind, service.Text("metadata", "name") ?? "", "spec.ports[0].port", "must be between 1 and 65535, inclusive");
            port["protocol"] ??= "TCP";
            port["targetPort"] ??= port["port"]!.DeepClone();
        }

        service["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
    }

    private static void DefaultDeployment(ResourceKind kind, JsonObject deployment)
    {
        var spec = deployment.Child("spec");
        if (spec.At("selector", "matchLabels") is not JsonObject)
            throw ApiException.Invalid(kind, deployment.Text("metadata", "name") ?? "", "spec.selector", "Required value");
        spec["replicas"] ??= 1;
        spec["progressDeadlineSeconds"] ??= 600;
        spec["revisionHistoryLimit"] ??= 10;
        spec["strategy"] ??= new JsonObject
        {
            ["type"] = "RollingUpdate",
            ["rollingUpdate"] = new JsonObject { ["maxSurge"] = "25%", ["maxUnavailable"] = "25%" },
        };
        deployment["status"] = new JsonObject();
    }
}
