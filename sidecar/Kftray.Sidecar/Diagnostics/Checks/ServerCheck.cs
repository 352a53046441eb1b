using System.Globalization;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Examination;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Name, network, proxy and TLS of the API server, without credentials.</summary>
internal sealed class ServerCheck(TimeProvider time) : Check(DiagnosisLink.Server, DiagnosisLink.Context)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);

    // What is seen there is only nice to know; where a proxy of the environment is needed, the direct way may lead nowhere.
    private static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(3);

    public override string Title(Examination examination) => "API server";

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var cluster = examination.Context!.Cluster;
        var knocking = examination.Cluster!.Examiner.KnockAsync(cancellationToken);
        using var limit = new CancellationTokenSource(LookLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var looking = cluster.Proxy is null ? CertificateSight.LookAsync(cluster, either.Token) : Task.FromResult<CertificateSight?>(null);
        await Task.WhenAll(knocking, looking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await knocking;
        return Describe(cluster, looking.IsCompletedSuccessfully ? await looking : null);
    }

    private Finding Describe(KubeCluster cluster, CertificateSight? sight)
    {
        var road = cluster.Proxy is { } proxy ? $"Reached through the proxy {proxy.Scheme}://{proxy.Authority}" : "Reached";
        var addresses = sight is { Addresses.Count: > 0 } ? $" at {string.Join(", ", sight.Addresses.Take(4))}" : "";
        if (cluster.Server.Scheme != Uri.UriSchemeHttps)
            return Finding.Warn($"{road}{addresses}, without encryption.", "Use an https address in the kubeconfig.");

        var certificate = sight?.Issuer is { } issuer
            ? $" Its certificate is of '{issuer}', valid from {Date(sight.NotBefore)} to {Date(sight.NotAfter)}."
            : "";
        if (cluster.SkipsTlsVerification)
        {
            return Finding.Warn($"{road}{addresses}, and nobody checks that it is the right server (insecure-skip-tls-verify).{certificate}",
                "Name the cluster's certificate-authority in the kubeconfig instead.");
        }

        var seen = $"{road}{addresses}, with a trusted certificate.{certificate}";
        return sight?.Issuer is not null && sight.NotAfter - time.GetUtcNow() < Soon
            ? Finding.Warn(seen, "Renew the server's certificate soon.")
            : Finding.Pass(seen);
    }

    private static string Date(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
