namespace Kftray.Testing.World;

/// <summary>A container port.</summary>
/// <param name="Name">What a service's <c>targetPort</c> may say instead of the number.</param>
public sealed record PortSpec(int Number, string? Name = null, string Protocol = "TCP")
{
    public static implicit operator PortSpec(int number) => FromInt32(number);

    public static PortSpec FromInt32(int number) => new(number);
}

/// <summary>A pod, or the template of a deployment's pods.</summary>
/// <param name="App">Its label <c>app</c>.</param>
/// <param name="Behaviour">What its applications do, by name: <c>http</c>, <c>tcp-echo</c>, <c>stream:10</c> …</param>
public sealed record PodSpec(string App, string Behaviour, params PortSpec[] Ports)
{
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary><c>testcluster/…</c>: another behaviour per port, delays, a server of the test's own.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    public int TerminationGraceSeconds { get; init; } = 30;
}

/// <summary>A port of a service.</summary>
/// <param name="TargetPort">A number or the name of a container port; null: the same number.</param>
public sealed record ServicePortSpec(int Port, string? TargetPort = null, string? Name = null, string Protocol = "TCP");
