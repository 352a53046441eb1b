using System.Text.Json.Nodes;
using Kftray.Testing;
using Kftray.Testing.Security;

namespace Kftray.Chaos.World;

/// <summary>The one kubeconfig of a run: a context for each cluster, changed in all the ways in which people and tools change such files.</summary>
internal sealed class KubeconfigFile(string path, IReadOnlyList<TestCluster> clusters, RunClock clock)
{
    public const string Namespace = "shop";

    // Of each context; changed by edits.
    private readonly CredentialKind[] _credentials = new CredentialKind[clusters.Count];
    private readonly HashSet<int> _hidden = [];
    private readonly SemaphoreSlim _writing = new(1);

    public string Path => path;

    public int Current { get; private set; }

    /// <summary>
    /// Every moment at which the current context led elsewhere, with the cluster it leads to from then on. A context that is not there leads
    /// nowhere: whoever follows stays where they are until it is.
    /// </summary>
    public Judging.Timeline<int> Switches { get; } = new(0);

    public static string ContextOf(int cluster) => $"cluster-{cluster}";

    public Task WriteAsync() => ChangeAsync(() => { });

    public Task SwitchAsync(int cluster) => ChangeAsync(() => Current = cluster);

    /// <summary>Another kind of credential for the same user.</summary>
    public Task RotateAsync(int cluster) => ChangeAsync(() => _credentials[cluster] = 1 - _credentials[cluster]);

    public Task HideAsync(int cluster) => ChangeAsync(() =>
    {
        // A file without any context is another fault.
        if (_hidden.Count < clusters.Count - 1) _hidden.Add(cluster);
    });

    public Task ShowAsync(int cluster) => ChangeAsync(() => _hidden.Remove(cluster));

    /// <summary>As an editor does it that truncates first: half of the file is there for a moment.</summary>
    public async Task TearAsync(TimeSpan duration, CancellationToken stopping)
    {
        await _writing.WaitAsync(stopping);
        try
        {
            var text = Text();
            await File.WriteAllTextAsync(path, text[..(text.Length / 2)], CancellationToken.None);
            await clock.DelayAsync(duration, stopping);
            await File.WriteAllTextAsync(path, text, CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>As a tool does it that deletes before it writes.</summary>
    public async Task RemoveAsync(TimeSpan duration, CancellationToken stopping)
    {
        await _writing.WaitAsync(stopping);
        try
        {
            File.Delete(path);
            await clock.DelayAsync(duration, stopping);
            Replace(Text());
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ChangeAsync(Action change)
    {
        await _writing.WaitAsync();
        try
        {
            change();
            Replace(Text());
            if (!_hidden.Contains(Current)) Switches.Set(clock.Now, Current);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Replace(string text)
    {
        var temporary = path + ".new";
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }

    private string Text()
    {
        JsonObject? all = null;
        for (var i = 0; i < clusters.Count; i++)
        {
            if (_hidden.Contains(i)) continue;
            var one = path + ".one";
            clusters[i].WriteKubeconfig(one, contextName: ContextOf(i), @namespace: Namespace, credential: _credentials[i]);
            var content = JsonNode.Parse(File.ReadAllText(one))!.AsObject();
            File.Delete(one);
            if (all is null)
            {
                all = content;
                continue;
            }

            foreach (var list in (string[])["clusters", "users", "contexts"])
            {
                foreach (var entry in content[list]!.AsArray()) all[list]!.AsArray().Add(entry!.DeepClone());
            }
        }

        all!["current-context"] = ContextOf(Current);
        return all.ToJsonString();
    }
}
