namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Runs a credential plugin to its end.</summary>
internal interface IPluginRunner
{
    /// <param name="execInfo">Value of <c>KUBERNETES_EXEC_INFO</c>.</param>
    /// <param name="said">Receives what it has written to standard error so far, whenever that is more; may be shown.</param>
    /// <returns>Its standard output.</returns>
    /// <exception cref="Forwarding.ForwardException">It was not found, failed, or took too long.</exception>
    Task<string> RunAsync(ExecConfig plugin, string execInfo, Action<string> said, CancellationToken cancellationToken);
}
