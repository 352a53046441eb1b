using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Kubeconfig files merged as kubectl merges them: the first definition of a name wins, and the first current context.</summary>
internal sealed class Kubeconfig
{
    private readonly IReadOnlyList<KubeconfigFile> _files;

    private Kubeconfig(IReadOnlyList<string> paths, IReadOnlyList<KubeconfigFile> files)
    {
        Paths = paths;
        _files = files;
        CurrentContext = files.Select(file => file.CurrentContext).FirstOrDefault(name => name is not null);
        Contexts = [.. files.SelectMany(file => file.Contexts.Keys).Distinct()];
    }

    /// <summary>Where it was looked for; some may not exist.</summary>
    public IReadOnlyList<string> Paths { get; }

    public string? CurrentContext { get; }

    /// <summary>Names in the order of their first definition.</summary>
    public IReadOnlyList<string> Contexts { get; }

    /// <summary>Reads and merges the files. Missing ones are skipped.</summary>
    /// <exception cref="ForwardException">None exists, or one cannot be read or understood.</exception>
    /// <param name="inCluster">What there is to go by in a pod without a kubeconfig; null elsewhere.</param>
    public static Kubeconfig Load(IReadOnlyList<string> paths, KubeconfigFile? inCluster = null)
    {
        var files = new List<KubeconfigFile>();
        foreach (var path in paths)
        {
            if (Read(path) is { } text)
                files.Add(KubeconfigFile.Parse(path, text));
        }

        if (inCluster is not null && files.All(file => file.IsEmpty))
            return new(paths, [inCluster]);
        return files.Count > 0 ? new(paths, files) : throw new ForwardException(new(FaultKind.KubeconfigNotFound,
            $"No kubeconfig was found at {string.Join(" or ", paths)}.",
            "Set KUBECONFIG or the kubeconfig setting to a file that exists."));
    }

    /// <summary>The context with the cluster and the user it names.</summary>
    /// <param name="name">Null means the current context.</param>
    /// <exception cref="ForwardException">There is no such context, or what it names is missing or not valid.</exception>
    public KubeContext Resolve(string? name)
    {
        name ??= CurrentContext ?? throw new ForwardException(new(FaultKind.ContextNotFound,
            "The kubeconfig has no current context.",
            Contexts.Count == 0 ? "Add a context to the kubeconfig." : $"Name a context for the forward, or select one: {List(Contexts)}."));

        var context = Find(file => file.Contexts, name) ?? throw new ForwardException(new(FaultKind.ContextNotFound,
            $"The kubeconfig has no context '{name}'.", Suggest(name)));
        var cluster = context.Text("cluster") is { } clusterName ? Find(file => file.Clusters, clusterName)
            ?? throw context.Invalid($"context '{name}' names the cluster '{clusterName}', which is not defined")
            : throw context.Invalid($"context '{name}' names no cluster");
        var userName = context.Text("user");
        var user = userName is null ? null : Find(file => file.Users, userName)
            ?? throw context.Invalid($"context '{name}' names the user '{userName}', which is not defined");

        return new(name, context.Text("namespace"), KubeconfigFile.ReadCluster(cluster),
            user is null ? new KubeUser { Fingerprint = "" } : KubeconfigFile.ReadUser(userName!, user));
    }

    /// <summary>True when the context and all that it names are there, whether valid or not.</summary>
    public bool IsComplete(string name)
    {
        try
        {
            return Find(file => file.Contexts, name) is { } context
                && context.Text("cluster") is { } cluster && Find(file => file.Clusters, cluster) is not null
                && (context.Text("user") is not { } user || Find(file => file.Users, user) is not null);
        }
        catch (ForwardException)
        {
            // Something it names is no mapping: half written, perhaps.
            return false;
        }
    }

    private KubeconfigYaml? Find(Func<KubeconfigFile, IReadOnlyDictionary<string, KubeconfigFile.Entry>> entries, string name) =>
        _files.Select(file => entries(file).GetValueOrDefault(name)).FirstOrDefault(entry => entry is not null)?.Content;

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ForwardException(new(FaultKind.KubeconfigInvalid, $"The kubeconfig {path} cannot be read: {e.Message}",
                "Check its permissions, or point to another kubeconfig."), e);
        }
    }

    private string Suggest(string name)
    {
        if (Contexts.Count == 0)
            return $"The kubeconfig ({string.Join(", ", Paths)}) defines no contexts.";
        return Spelling.Nearest(name, Contexts) is { } nearest ? $"Did you mean '{nearest}'?" : $"It has {List(Contexts)}.";
    }

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(8).Select(name => $"'{name}'")) + (names.Count > 8 ? $" and {names.Count - 8} more" : "");
}
