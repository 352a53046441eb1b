using System.Text;

namespace Kftray.Sidecar.Workspace;

/// <summary>FNV-1a, 32 bits: the same in every process, unlike <see cref="string.GetHashCode()"/>.</summary>
internal static class StableHash
{
    public static uint Of(string text)
    {
        uint hash = 2166136261;
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            hash = unchecked((hash ^ unit) * 16777619);
        }

        return hash;
    }
}
