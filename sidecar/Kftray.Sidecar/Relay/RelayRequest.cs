using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Relay;

/// <summary>Where a relay leads, as it is seen from inside the cluster.</summary>
/// <param name="Host">A name or an IP address.</param>
internal sealed record RelayDestination(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}

/// <summary>A relay that is wanted. Forwards that want the same share one.</summary>
/// <param name="Namespace">Where it runs.</param>
/// <param name="Workspace">Whose it is; of forwards that share, the first one's.</param>
internal sealed record RelayRequest(string Namespace, RelayDestination Destination, ForwardProtocol Protocol, RelaySpec Spec, string Workspace)
{
    public string Image => Spec.Image ?? RelayImage.Default;

    /// <summary>Equal for relays that can stand in for each other.</summary>
    public string TargetHash { get; } =
        RelayHash.Of(Destination.ToString(), Protocol.ToString(), Spec.Image ?? RelayImage.Default, Spec.ToString(), Product.Version);

    /// <summary>For people: <c>udp dns.shop.svc:53</c>.</summary>
    public string Title => $"{Protocol.ToString().ToLowerInvariant()} {Destination}";

    public bool Equals(RelayRequest? other) => other is not null && Namespace == other.Namespace && TargetHash == other.TargetHash;

    public override int GetHashCode() => HashCode.Combine(Namespace, TargetHash);
}

/// <summary>The images of relays.</summary>
internal static class RelayImage
{
    /// <summary>Where .github/workflows/relay.yml publishes it, under the version.</summary>
    internal const string Repository = "ghcr.io/kftray/kftray-server";

    /// <summary>The image that belongs to this version.</summary>
    public static string Default { get; } = $"{Repository}:{Product.Version}";

    /// <summary>True for one that ends by itself when nobody speaks to it. Of others that is not known.</summary>
    public static bool EndsWhenIdle(string image) => image == Repository || image.StartsWith(Repository + ":", StringComparison.Ordinal)
        || image.StartsWith(Repository + "@", StringComparison.Ordinal);
}

/// <summary>Short hashes for labels: they tell nothing about what went in.</summary>
internal static class RelayHash
{
    public static string Of(params string[] parts) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 10));
}
