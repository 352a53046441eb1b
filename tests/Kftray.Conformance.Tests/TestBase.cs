using Kftray.Testing;

namespace Kftray.Conformance.Tests;

/// <summary>What every test here has: a time limit and a folder of its own.</summary>
public abstract class TestBase : IDisposable
{
    private readonly CancellationTokenSource _timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    protected TestBase()
    {
        _timeout.CancelAfter(TimeSpan.FromSeconds(40));
        Folder = Directory.CreateTempSubdirectory("kftray-conformance-").FullName;
    }

    /// <summary>Fails the test when a wait takes too long.</summary>
    protected CancellationToken TimeoutToken => _timeout.Token;

    protected string Folder { get; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _timeout.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>A cluster with the namespace <c>shop</c>.</summary>
    protected async Task<TestCluster> StartClusterAsync(TestClusterOptions? options = null)
    {
        var cluster = await TestCluster.StartAsync(options, TimeoutToken);
        cluster.World.AddNamespace("shop");
        return cluster;
    }

    /// <summary>kubectl signed in to the cluster, in the namespace <c>shop</c>.</summary>
    private protected Kubectl SignIn(TestCluster cluster, string user = "admin", Testing.Security.CredentialKind credential = default)
    {
        var kubeconfig = Path.Combine(Folder, $"{user}.kubeconfig");
        cluster.WriteKubeconfig(kubeconfig, user, "demo", "shop", credential);
        return new Kubectl(kubeconfig, Folder, TimeoutToken);
    }
}
