using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Kftray.Testing.Http;

namespace Kftray.Testing.Security;

/// <summary>The cluster's users, and the question who sent a request.</summary>
public sealed class ClusterUsers : IDisposable
{
    private readonly CertificateAuthority _authority;
    private readonly ConcurrentDictionary<string, ClusterUser> _users = new();

    // A chain check costs a millisecond, and connections repeat their certificate.
    private readonly ConcurrentDictionary<string, bool> _knownCertificates = new();

    internal ClusterUsers(CertificateAuthority authority, TimeProvider time) => (_authority, Tokens) = (authority, new(time));

    /// <summary>Tokens beside the users' own.</summary>
    public IssuedTokens Tokens { get; }

    /// <exception cref="KeyNotFoundException">No such user.</exception>
    public ClusterUser this[string name] => _users[name];

    /// <summary>Adds a user, who may do everything until <see cref="Rbac.Deny"/> says otherwise.</summary>
    public ClusterUser Add(string name, params string[] groups) =>
        _users.GetOrAdd(name, _ => new ClusterUser(name, [.. groups, "system:authenticated"], _authority));

    /// <summary>The user's name.</summary>
    /// <exception cref="ApiException">401.</exception>
    internal string Authenticate(X509Certificate2? certificate, string? authorization)
    {
        if (certificate is not null && _knownCertificates.GetOrAdd(certificate.Thumbprint, _ => _authority.HasIssued(certificate, [])))
            return certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (authorization?.Split(' ', 2) is [var scheme, var credential])
        {
            if (scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) return ByToken(credential.Trim());
            if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)) return ByPassword(credential.Trim());
        }

        throw ApiException.Unauthorized();
    }

    /// <summary>A client has shown a certificate, with what it sent beside it: without an intermediate that is needed, it proves nothing.</summary>
    internal void Verify(X509Certificate2 certificate, X509Certificate2Collection intermediates) =>
        _knownCertificates.GetOrAdd(certificate.Thumbprint, _ => _authority.HasIssued(certificate, intermediates));

    public void Dispose()
    {
        foreach (var user in _users.Values) user.Dispose();
    }

    private string ByToken(string token) =>
        _users.Values.FirstOrDefault(user => IsSame(user.Token, token))?.Name ?? Tokens.UserOf(token) ?? throw ApiException.Unauthorized();

    // The password is the token: gateways in front of clusters take basic authentication.
    private string ByPassword(string credential)
    {
        var bytes = new byte[credential.Length];
        if (!Convert.TryFromBase64String(credential, bytes, out var length)) throw ApiException.Unauthorized();
        return Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is [var name, var password]
            && _users.TryGetValue(name, out var user) && IsSame(user.Token, password)
            ? name
            : throw ApiException.Unauthorized();
    }

    private static bool IsSame(string left, string right) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
