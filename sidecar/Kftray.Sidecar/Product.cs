using System.Reflection;

namespace Kftray.Sidecar;

/// <summary>What this build is.</summary>
internal static class Product
{
    /// <summary>Version of the sidecar and of the extension it belongs to.</summary>
    public static string Version { get; } =
        typeof(Product).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
