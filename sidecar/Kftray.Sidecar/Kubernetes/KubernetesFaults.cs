using Kftray.Sidecar.Contract;
namespace Kftray.Sidecar.Kubernetes;
internal static class KubernetesFaults
{
    public static Task<Fault> FromResponseAsync(HttpResponseMessage response, CancellationToken cancellationToken) => Task.FromResult(new Fault(FaultKind.Unknown, response.StatusCode.ToString()));
}
