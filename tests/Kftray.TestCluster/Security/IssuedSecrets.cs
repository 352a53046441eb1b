using System.Text;

namespace Kftray.Testing.Security;

/// <summary>Tells of every secret that any cluster of this process makes, so that a suite can look for them where they do not belong.</summary>
public static class IssuedSecrets
{
    private const int LineChars = 64;

    public static event Action<string>? Issued;

    internal static string Note(string secret)
    {
        Issued?.Invoke(secret);
        return secret;
    }

    /// <summary>A key in the forms that it takes in files: each line of its own, and what a kubeconfig makes of it.</summary>
    internal static string NoteKey(string pem)
    {
        foreach (var line in pem.Split('\n').Where(line => line.Length == LineChars && !line.StartsWith('-')))
            Note(line);
        // Beyond the first line, which all keys have in common.
        Note(Convert.ToBase64String(Encoding.ASCII.GetBytes(pem)).Substring(LineChars, LineChars));
        return pem;
    }
}
