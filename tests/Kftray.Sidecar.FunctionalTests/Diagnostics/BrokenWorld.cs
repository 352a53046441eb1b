using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;
using Kftray.Testing;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>A world in which one link of the chain is broken, and what has to be said about it.</summary>
/// <param name="Sentence">What the doctor says at the broken link; <c>…</c> stands for anything.</param>
/// <param name="Remedy">What the doctor says to do; <c>…</c> stands for anything.</param>
public sealed record BrokenWorld(string Name, DiagnosisLink Link, FaultKind Kind, string Sentence, string Remedy)
{
    /// <summary>The forward in the config file. Its alias is <c>web</c> unless it says otherwise.</summary>
    public string Forward { get; init; } = """{ "service": "web", "remote_port": 80 }""";

    /// <summary>Breaks what there is: an application <c>web</c> with a Service before it, and a kubeconfig for it.</summary>
    public Func<Lab, Task> Break { get; init; } = _ => Task.CompletedTask;

    public Func<Lab, ApplyParams, ApplyParams>? Change { get; init; }

    /// <summary>True when the running forward learns of it only from a client.</summary>
    public bool NeedsAClient { get; init; }

    public override string ToString() => Name;
}

/// <summary>What a world is made of. Disposes what was handed to it.</summary>
public sealed class Lab(TestCluster cluster, string folder, string kubeconfig, CancellationToken timeout) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public const string Namespace = "shop";

    public TestCluster Cluster => cluster;

    public string Folder => folder;

    public string Kubeconfig => kubeconfig;

    public CancellationToken Timeout => timeout;

    /// <summary>Stands for <c>{port}</c> in the forward and in the sentences.</summary>
    public int Port { get; set; }

    public T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }

    /// <summary>Changes the cluster's entry, the user's or the root of the kubeconfig, which is JSON.</summary>
    public void EditKubeconfig(Action<JsonNode> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(kubeconfig))!;
        change(root);
        File.WriteAllText(kubeconfig, root.ToJsonString());
    }

    public void EditServer(Action<JsonObject> change) => EditKubeconfig(root => change(root["clusters"]![0]!["cluster"]!.AsObject()));

    /// <summary>Another user than the certificate's.</summary>
    public void UseUser(JsonObject user) => EditKubeconfig(root => root["users"]![0]!["user"] = user);

    /// <summary>From now on the kubeconfig's user is one who may not do this.</summary>
    public void Deny(params (string Verb, string Resource)[] rules)
    {
        cluster.Users.Add("dev");
        cluster.WriteKubeconfig(kubeconfig, "dev", @namespace: Namespace);
        foreach (var (verb, resource) in rules)
            cluster.Rbac.Deny("dev", verb, resource);
    }

    public void Dispose() => _owned.ForEach(owned => owned.Dispose());
}
