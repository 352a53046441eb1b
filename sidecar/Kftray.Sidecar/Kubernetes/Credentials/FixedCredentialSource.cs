using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>A credential that stands in the kubeconfig itself, or none.</summary>
internal sealed class FixedCredentialSource(Credential credential) : ICredentialSource
{
    public ValueTask<Credential> GetAsync(CancellationToken cancellationToken) => ValueTask.FromResult(credential);

    // A changed kubeconfig brings a new source.
    public bool Invalidate(Credential refused) => false;

    public void Accept(Credential accepted)
    {
    }

    public Task Renewed { get; } = new TaskCompletionSource().Task;

    public void RetryNow(bool userIsThere)
    {
    }

    public Task<Fault?> SignInAsync(CancellationToken cancellationToken) => Task.FromResult<Fault?>(null);
}
