using System.Text;
using System.Text.RegularExpressions;

namespace Kftray.Sidecar.Kubernetes.Credentials;

/// <summary>
/// What a plugin says on standard error, fit to be shown: as it is, but bounded, without colours and without what may be a secret. Plugins that are
/// asked for details print the tokens they get.
/// </summary>
internal static partial class PluginSpeech
{
    internal const int MaxChars = 2000;

    /// <param name="secrets">Values that must not be shown: what the kubeconfig hands to the plugin.</param>
    public static string Clean(string said, IEnumerable<string> secrets)
    {
        var text = Ansi().Replace(said, "");
        foreach (var secret in secrets.Where(secret => secret.Length >= 4))
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        text = Jwt().Replace(text, "***");
        text = Bearer().Replace(text, "$1 ***");
        text = Assignment().Replace(text, "$1***");

        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (c is '\n' or '\t' || !char.IsControl(c))
                shown.Append(c);
        }

        var clean = shown.ToString().Trim();
        return clean.Length > MaxChars ? "…" + clean[^MaxChars..] : clean;
    }

    // https://datatracker.ietf.org/doc/html/rfc7515#section-3.1: the first part is the base64 of an object, and so begins with eyJ.
    [GeneratedRegex(@"eyJ[\w-]{10,}\.[\w-]+(\.[\w-]*)?")]
    private static partial Regex Jwt();

    [GeneratedRegex(@"\b(Bearer|Basic)\s+[\w\-.~+/=]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();

    [GeneratedRegex("""("?\b(?:access_token|id_token|refresh_token|client_secret|token|password|secret|clientKeyData)\b"?\s*[:=]\s*)("[^"]*"|[^\s,&}]+)""", RegexOptions.IgnoreCase)]
    private static partial Regex Assignment();

    // Colours and cursor movements, and links as some terminals know them.
    [GeneratedRegex(@"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")]
    private static partial Regex Ansi();
}
