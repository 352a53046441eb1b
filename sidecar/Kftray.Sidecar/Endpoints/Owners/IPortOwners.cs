using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>Asks the operating system who holds a local port. A seam: each system tells it in a way of its own, or not at all.</summary>
internal interface IPortOwners
{
    /// <summary>Everything that listens on the port, on whatever address. Empty when nothing does, or when the system does not tell.</summary>
    Task<IReadOnlyList<PortListener>> FindAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken);

    /// <summary>The range that the system keeps for itself and that the port lies in; null when there is none.</summary>
    Task<PortRange?> FindReservedAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken) => Task.FromResult<PortRange?>(null);
}

/// <summary>A listening socket.</summary>
/// <param name="Process">Null where the system does not tell, as for other users' processes.</param>
internal sealed record PortListener(IPAddress Address, ProcessDescription? Process);

/// <param name="Command">The whole command line, arguments separated by blanks; null when it is not known.</param>
/// <param name="Arguments">The same in parts; empty when only the line is known.</param>
internal sealed record ProcessDescription(int Id, string Name, string? Command, IReadOnlyList<string> Arguments);

/// <param name="First">First port, included.</param>
/// <param name="Last">Last port, included.</param>
internal readonly record struct PortRange(int First, int Last)
{
    public override string ToString() => $"{First}–{Last}";
}

/// <summary>For systems that nobody has taught us to ask.</summary>
internal sealed class UnknownPortOwners : IPortOwners
{
    public Task<IReadOnlyList<PortListener>> FindAsync(int port, ForwardProtocol protocol, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<PortListener>>([]);
}

internal static class PortOwners
{
    /// <summary>The one of this system.</summary>
    public static IPortOwners OfThisSystem(TimeProvider time) =>
        OperatingSystem.IsLinux() ? new LinuxPortOwners()
        : OperatingSystem.IsMacOS() ? new MacPortOwners(new ToolRunner(time))
        : OperatingSystem.IsWindows() ? new WindowsPortOwners(new ToolRunner(time))
        : new UnknownPortOwners();
}
