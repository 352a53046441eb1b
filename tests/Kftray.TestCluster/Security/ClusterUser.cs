using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kftray.Testing.Security;

/// <summary>Someone who may sign in, with a client certificate and a bearer token of their own.</summary>
public sealed class ClusterUser : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private string _token = NewToken();

    internal ClusterUser(string name, IReadOnlyList<string> groups, CertificateAuthority authority)
    {
        Name = name;
        Groups = groups;
        _certificate = authority.IssueClient(name, groups);
    }

    public string Name { get; }

    public IReadOnlyList<string> Groups { get; }

    public string Token => Volatile.Read(ref _token);

    public string CertificatePem => _certificate.ExportCertificatePem();

    public string PrivateKeyPem
    {
        get
        {
            using var key = _certificate.GetECDsaPrivateKey()!;
            return IssuedSecrets.NoteKey(key.ExportPkcs8PrivateKeyPem());
        }
    }

    /// <summary>Makes the current token invalid and returns the next one.</summary>
    public string RotateToken()
    {
        var token = NewToken();
        Volatile.Write(ref _token, token);
        return token;
    }

    public void Dispose() => _certificate.Dispose();

    private static string NewToken() => IssuedSecrets.Note(RandomNumberGenerator.GetHexString(40, lowercase: true));
}
