using Kftray.Sidecar.Contract;
using Kftray.Testing;

namespace Kftray.Conformance.Tests.Credentials;

/// <summary>One line of the conformance table: a world, and what must come of it for both programs.</summary>
/// <param name="Arrange">Writes the kubeconfig and what it names.</param>
internal sealed record CredentialRow(string Name, Func<CredentialWorld, Task> Arrange)
{
    public CredentialRow(string name, Action<CredentialWorld> arrange)
        : this(name, world =>
        {
            arrange(world);
            return Task.CompletedTask;
        })
    {
    }

    public TestClusterOptions Cluster { get; init; } = new();

    /// <summary>Named for both; null for the current one.</summary>
    public string? Context { get; init; }

    /// <summary>Null: both get there. Otherwise neither does, and this is what the sidecar says.</summary>
    public FaultKind? Refusal { get; init; }

    /// <summary>A part of what kubectl says when it refuses.</summary>
    public string KubectlSays { get; init; } = "";

    /// <summary>A part of what the sidecar says when it refuses.</summary>
    public string SidecarSays { get; init; } = "";

    /// <summary>Set where we get there and kubectl does not: why that is meant so.</summary>
    public string? Kinder { get; init; }

    /// <summary>Who the server must have seen; null for nobody.</summary>
    public string? User { get; init; } = "admin";

    /// <summary>Looks at what is left behind, after kubectl and after the sidecar.</summary>
    public Action<CredentialWorld> Verify { get; init; } = _ => { };

    public override string ToString() => Name;
}
