using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>Issues credentials for a time: a plugin, an identity provider.</summary>
internal interface ICredentialIssuer
{
    /// <summary>One attempt; never called while another is under way.</summary>
    /// <exception cref="Forwarding.ForwardException">There are none.</exception>
    Task<IssuedCredential> IssueAsync(CancellationToken cancellationToken);

    /// <summary>What to tell about an attempt that takes longer than a program would by itself.</summary>
    /// <param name="isOver">It has ended, without success.</param>
    Fault SlowAttempt(bool isOver);
}

/// <param name="Expires">Null: when the server refuses it.</param>
internal sealed record IssuedCredential(Credential Credential, DateTimeOffset? Expires);
