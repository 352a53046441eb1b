using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes.Network;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Who to act as. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation</summary>
internal static class ImpersonationHeaders
{
    /// <exception cref="ForwardException">A value cannot be sent.</exception>
    public static void Set(HttpRequestMessage request, Impersonation impersonation)
    {
        Set(request, "Impersonate-User", [impersonation.User!]);
        if (impersonation.Uid is { } uid)
            Set(request, "Impersonate-Uid", [uid]);
        if (impersonation.Groups.Count > 0)
            Set(request, "Impersonate-Group", impersonation.Groups);
        foreach (var (key, values) in impersonation.Extra.Where(extra => extra.Value.Count > 0))
            Set(request, "Impersonate-Extra-" + Escape(key), values);
    }

    private static void Set(HttpRequestMessage request, string name, IReadOnlyList<string> values)
    {
        try
        {
            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, RepeatedHeader.Join(values));
        }
        catch (FormatException e)
        {
            throw new ForwardException(new(FaultKind.KubeconfigInvalid, "A user, group or extra to impersonate has characters that no header can carry.",
                "Correct 'as', 'as-uid', 'as-groups' and 'as-user-extra' in the kubeconfig."), e);
        }
    }

    /// <summary>Keys may have any character, names of headers may not: the rest is percent-encoded, and the server decodes it.</summary>
    private static string Escape(string key)
    {
        var name = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(key))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || "!#$&'*+-.^_`|~".Contains((char)octet, StringComparison.Ordinal))
                name.Append((char)octet);
            else
                name.Append('%').Append(octet.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return name.ToString();
    }
}
