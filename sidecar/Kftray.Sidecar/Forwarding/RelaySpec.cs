namespace Kftray.Sidecar.Forwarding;

/// <summary>
/// How the relay of a forward is run, as the user says it; null is the default. What Kubernetes is to decide about stays JSON text, written the
/// same way for the same content: equality decides whether a running relay is the wanted one.
/// </summary>
internal sealed record RelaySpec
{
    /// <summary>Everything as it comes.</summary>
    public static RelaySpec Default { get; } = new();

    public string? Image { get; init; }

    /// <summary>Null: the forward's.</summary>
    public string? Namespace { get; init; }

    /// <summary>A JSON object of strings, as are <see cref="Annotations"/> and <see cref="NodeSelector"/>.</summary>
    public string? Labels { get; init; }

    public string? Annotations { get; init; }

    public string? NodeSelector { get; init; }

    /// <summary>A JSON array of objects, as is <see cref="ImagePullSecrets"/>.</summary>
    public string? Tolerations { get; init; }

    public string? ImagePullSecrets { get; init; }

    /// <summary>A JSON object: requests and limits.</summary>
    public string? Resources { get; init; }

    /// <summary>How long the relay stays when nobody has spoken to it.</summary>
    public TimeSpan IdleExit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Name of a Service with relays that somebody else runs; nothing is created then.</summary>
    public string? Service { get; init; }
}
