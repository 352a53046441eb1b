namespace Kftray.Sidecar.Relay;

/// <summary>How relays are found again. Values are at most 63 letters, digits, '-', '_' and '.', as Kubernetes asks for.</summary>
internal static class RelayLabels
{
    public const string ManagedBy = "app.kubernetes.io/managed-by";
    public const string ManagedByValue = "kftray";
    public const string Name = "app.kubernetes.io/name";
    public const string NameValue = "kftray-relay";
    public const string Version = "app.kubernetes.io/version";

    /// <summary>Machine and user, hashed.</summary>
    public const string Owner = "kftray.app/owner";

    /// <summary>The folder of the config, hashed.</summary>
    public const string Workspace = "kftray.app/workspace";

    /// <summary>The process that needs it: id and start, on the owner's machine.</summary>
    public const string Process = "kftray.app/process";

    /// <summary>What it leads to and how it is run, hashed.</summary>
    public const string Target = "kftray.app/target";

    /// <summary>On the pod: its job.</summary>
    public const string Relay = "kftray.app/relay";

    /// <summary>An annotation: what it leads to, for people.</summary>
    public const string Title = "kftray.app/target";

    /// <summary>Every relay of an owner.</summary>
    public static string Of(RelayOwner owner) => $"{ManagedBy}={ManagedByValue},{Name}={NameValue},{Owner}={owner.Id}";
}
