using System.Globalization;
using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>Whether there are credentials, where they come from and when they end. What they are is never told.</summary>
internal sealed class CredentialsCheck(TimeProvider time) : Check(DiagnosisLink.Credentials, DiagnosisLink.Context)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(7);
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);

    public override string Title(Examination examination) => "Credentials";

    public override Fault SilenceOf(Examination examination) => new(
        FaultKind.CredentialsUnavailable, $"No credentials came within {Limit.TotalSeconds:0} s: {Source(examination.Context!.User)}.",
        "Run the plugin's command in a terminal; it may ask you to sign in.");

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var sight = await examination.Cluster!.Examiner.TakeCredentialAsync(cancellationToken);
        var source = Source(examination.Context!.User);
        var now = time.GetUtcNow();
        if ((sight.Certificate ?? sight.Token) is { } ended && ended <= now)
        {
            // Every server refuses it; the row says so in the words of the refusal.
            var refusal = KubernetesFaults.FromStatus(HttpStatusCode.Unauthorized, null, new("", examination.Context.Name));
            return Finding.Fail(refusal) with { Seen = $"{refusal.Message} {Capital(source)}, which ended on {Date(ended)}." };
        }

        var seen = $"{Capital(source)}{Ends(sight.Certificate ?? sight.Token)}{Took(sight.Took)}.";
        if (sight.Certificate - now < Soon)
            return Finding.Warn(seen, "Get a fresh kubeconfig before the client certificate ends.");
        return sight.Took >= Slow ? Finding.Warn(seen, "The plugin is slow: every start of a forward may wait for it.") : Finding.Pass(seen);
    }

    private static string Source(KubeUser user) => user switch
    {
        { Token: not null } => "a token in the kubeconfig",
        { TokenFile: { } file } => $"the token file {file}",
        { Username: not null } => "a user name with a password",
        { Exec: { } plugin } => $"the plugin '{Path.GetFileName(plugin.Command)}'",
        { AuthProvider: { } provider } => $"the auth-provider '{provider.Name}'",
        { ClientCertificate: not null } => "a client certificate",
        _ => "no credentials, as the kubeconfig says",
    };

    private static string Ends(DateTimeOffset? ends) => ends is { } at ? $", good until {Date(at)}" : "";

    private static string Took(TimeSpan took) =>
        took.TotalMilliseconds < 100 ? "" : string.Create(CultureInfo.InvariantCulture, $"; it took {took.TotalSeconds:0.0} s");

    private static string Date(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
