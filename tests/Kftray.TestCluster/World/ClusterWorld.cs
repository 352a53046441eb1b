using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Admission;
using Kftray.Testing.Controllers;
using Kftray.Testing.Store;

namespace Kftray.Testing.World;

/// <summary>Makes and changes objects in the words of a test. What it makes has passed the same admission as a request's.</summary>
public sealed class ClusterWorld
{
    private readonly ObjectStore _store;
    private readonly AdmissionChain _admission;

    internal ClusterWorld(ObjectStore store, AdmissionChain admission) => (_store, _admission) = (store, admission);

    /// <summary>Makes sure that the namespace exists.</summary>
    public void AddNamespace(string name)
    {
        if (_store.Find(ResourceKinds.Namespaces, "", name) is null)
            _admission.Create(ResourceKinds.Namespaces, null, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } });
    }

    public StoredObject AddPod(string @namespace, string name, PodSpec spec)
    {
        var pod = Template(spec);
        pod.Metadata()["name"] = name;
        return Add(ResourceKinds.Pods, @namespace, pod);
    }

    public StoredObject AddDeployment(string @namespace, string name, PodSpec spec, int replicas = 1) => Add(
        ResourceKinds.Deployments,
        @namespace,
        new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["app"] = spec.App } },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = spec.App } },
                ["template"] = Template(spec),
            },
        });

    /// <param name="app">The label <c>app</c> of its pods; null for a service without a selector.</param>
    public StoredObject AddService(string @namespace, string name, string? app, params ServicePortSpec[] ports)
    {
        var spec = new JsonObject { ["ports"] = ports.Select(PortOf).ToJsonArray() };
        if (app is not null) spec["selector"] = new JsonObject { ["app"] = app };
        return Add(ResourceKinds.Services, @namespace, new JsonObject { ["metadata"] = new JsonObject { ["name"] = name }, ["spec"] = spec });
    }

    /// <summary>A deployment with a service of the same name in front of it.</summary>
    public void AddApplication(string @namespace, string name, string behaviour, int port, int containerPort, int replicas = 1)
    {
        AddDeployment(@namespace, name, new PodSpec(name, behaviour, new PortSpec(containerPort, "main")), replicas);
        AddService(@namespace, name, name, new ServicePortSpec(port, "main"));
    }

    /// <summary>Adds any object; its namespace is made when it is missing.</summary>
    public StoredObject Add(ResourceKind kind, string? @namespace, JsonObject content)
    {
        if (@namespace is not null) AddNamespace(@namespace);
        return _admission.Create(kind, @namespace, content);
    }

    /// <summary>Adds an object by its own <c>apiVersion</c> and <c>kind</c>, as <c>kubectl create</c> does.</summary>
    /// <exception cref="ArgumentException">A kind that is not served.</exception>
    public StoredObject Add(JsonObject content)
    {
        var kind = ResourceKinds.FindByKind(content.Text("apiVersion"), content.Text("kind"))
            ?? throw new ArgumentException($"The kind {content.Text("apiVersion")}/{content.Text("kind")} is not served.");
        return Add(kind, kind.IsNamespaced ? content.Text("metadata", "namespace") ?? "default" : null, content);
    }

    public StoredObject? Find(ResourceKind kind, string @namespace, string name) => _store.Find(kind, @namespace, name);

    public IReadOnlyList<StoredObject> List(ResourceKind kind, string? @namespace = null) => _store.List(kind, @namespace).Items;

    public StoredObject Update(ResourceKind kind, string @namespace, string name, Action<JsonObject> change) => _store.Update(kind, @namespace, name, content =>
    {
        change(content);
        return content;
    });

    /// <summary>Removes an object at once, without grace. False when there is none.</summary>
    public bool Remove(ResourceKind kind, string @namespace, string name) => _store.Remove(kind, @namespace, name) is not null;

    public StoredObject Scale(string @namespace, string deployment, int replicas) =>
        Update(ResourceKinds.Deployments, @namespace, deployment, content => content.Child("spec")["replicas"] = replicas);

    /// <summary>Replaces all pods of a deployment, as <c>kubectl rollout restart</c>.</summary>
    public StoredObject Restart(string @namespace, string deployment) => Update(
        ResourceKinds.Deployments,
        @namespace,
        deployment,
        content => content.Child("spec").Child("template").Metadata().Child("annotations")["kubectl.kubernetes.io/restartedAt"] = Guid.NewGuid().ToString());

    /// <summary>Waits until the object is as wanted; null stands for one that is not there.</summary>
    public async Task WaitAsync(ResourceKind kind, string @namespace, string name, Func<JsonObject?, bool> condition, CancellationToken cancellationToken) =>
        await _store.Changed.UntilAsync(() => condition(_store.Find(kind, @namespace, name)?.Read()), cancellationToken);

    /// <summary>Waits until any object of a kind in a namespace is as wanted.</summary>
    public async Task WaitAnyAsync(ResourceKind kind, string @namespace, Func<JsonObject, bool> condition, CancellationToken cancellationToken) =>
        await _store.Changed.UntilAsync(() => _store.List(kind, @namespace).Items.Any(item => condition(item.Read())), cancellationToken);

    private static JsonObject Template(PodSpec spec)
    {
        var metadata = new JsonObject { ["labels"] = spec.Labels.Append(new("app", spec.App)).ToJsonObject() };
        if (spec.Annotations.Count > 0) metadata["annotations"] = spec.Annotations.ToJsonObject();
        return new JsonObject
        {
            ["metadata"] = metadata,
            ["spec"] = new JsonObject
            {
                ["terminationGracePeriodSeconds"] = spec.TerminationGraceSeconds,
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "main",
                    ["image"] = $"behaviour/{spec.Behaviour}",
                    ["ports"] = spec.Ports.Select(port =>
                    {
                        var content = new JsonObject { ["containerPort"] = port.Number, ["protocol"] = port.Protocol };
                        if (port.Name is not null) content["name"] = port.Name;
                        return content;
                    }).ToJsonArray(),
                }),
            },
        };
    }

    private static JsonObject PortOf(ServicePortSpec port)
    {
        var content = new JsonObject { ["port"] = port.Port, ["protocol"] = port.Protocol };
        if (port.Name is not null) content["name"] = port.Name;
        if (int.TryParse(port.TargetPort, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) content["targetPort"] = number;
        else if (port.TargetPort is not null) content["targetPort"] = port.TargetPort;
        return content;
    }
}
