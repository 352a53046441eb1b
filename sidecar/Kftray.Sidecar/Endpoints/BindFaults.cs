using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints.Owners;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Whose rules hold for local ports.</summary>
internal enum HostSystem
{
    Linux,
    MacOS,
    Windows,
    Other,
}

/// <summary>Why a local port could not be opened, in words, with the remedy of this system.</summary>
internal static class BindFaults
{
    private const int FirstUnprivileged = 1024;

    public static HostSystem ThisSystem { get; } =
        OperatingSystem.IsLinux() ? HostSystem.Linux
        : OperatingSystem.IsMacOS() ? HostSystem.MacOS
        : OperatingSystem.IsWindows() ? HostSystem.Windows
        : HostSystem.Other;

    public static Fault From(SocketError error, IPAddress address, int port, HostSystem system) => error switch
    {
        SocketError.AddressAlreadyInUse => InUse(port, null, null),
        SocketError.AccessDenied => NotPermitted(port, system),
        SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported or SocketError.ProtocolFamilyNotSupported => NoAddress(address, system),
        _ => new Fault(FaultKind.Unknown, $"Port {Text(port)} could not be opened: {error}."),
    };

    /// <param name="holder">Null when the system does not tell.</param>
    /// <param name="free">The next free port; null when none was found.</param>
    public static Fault InUse(int port, PortHolder? holder, int? free)
    {
        var other = free is { } number ? $"use local_port {Text(number)}, which is free" : "pick another local_port";
        var (who, what) = holder switch
        {
            null or { ProcessId: null } => ("", $"{Capital(other)}, or stop the process that holds it."),
            { ProcessId: { } id } when id == Environment.ProcessId =>
                (" by another forward of this Kftray", $"{Capital(other)}, or stop that forward."),
            { IsKftray: true, Window: { } window } =>
                ($" by another Kftray (window \"{window}\", pid {Text(holder.ProcessId!.Value)})", $"Stop the forward there, or {other}."),
            { IsKftray: true } => ($" by another Kftray (pid {Text(holder.ProcessId!.Value)})", $"Stop the forward there, or {other}."),
            _ => ($" by {holder.Name} (pid {Text(holder.ProcessId!.Value)})", $"{Capital(other)}, or stop {holder.Name}."),
        };
        return new Fault(FaultKind.PortInUse, $"Port {Text(port)} is in use{who}.", what) { Holder = holder, FreePort = free };
    }

    public static Fault Reserved(int port, PortRange range) => new(
        FaultKind.PortNotPermitted,
        $"Windows keeps the ports {range} for itself, and {Text(port)} is one of them.",
        "Pick a local_port outside of that range; \"netsh interface ipv4 show excludedportrange tcp\" lists them all.");

    private static Fault NotPermitted(int port, HostSystem system) => new(
        FaultKind.PortNotPermitted,
        $"Port {Text(port)} may not be opened by this user.",
        (system, port < FirstUnprivileged) switch
        {
            (HostSystem.Linux, true) =>
                $"Pick a local_port above 1023, or allow it: sudo sysctl net.ipv4.ip_unprivileged_port_start={Text(port)}",
            (HostSystem.MacOS, true) => "Pick a local_port above 1023: on 127.0.0.1 macOS gives lower ones to root only.",
            (HostSystem.Windows, _) => "Pick another local_port: a service of Windows has this one for itself.",
            (_, true) => "Pick a local_port above 1023.",
            _ => "Pick another local_port.",
        });

    private static Fault NoAddress(IPAddress address, HostSystem system) => new(
        FaultKind.AddressNotAvailable,
        $"This machine has no address {address}.",
        address switch
        {
            _ when IPAddress.IsLoopback(address) && address.AddressFamily == AddressFamily.InterNetwork && system == HostSystem.MacOS =>
                $"Add it until the next restart: sudo ifconfig lo0 alias {address} up",
            _ when IPAddress.IsLoopback(address) && address.AddressFamily == AddressFamily.InterNetworkV6 =>
                "IPv6 is turned off here: use 127.0.0.1 as local_address.",
            _ => "Remove local_address to listen on 127.0.0.1.",
        });

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
