using System.Security.Cryptography;

namespace Kftray.Testing;

/// <summary>Random names in the alphabet that Kubernetes uses: no vowels, nothing that looks alike.</summary>
internal static class RandomNames
{
    public static string Suffix(int length) => RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", length);
}
