using System.Globalization;
using System.Net.Sockets;
using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>A snapshot in words, for people at a terminal.</summary>
internal static class ForwardText
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>What a client would connect to; the port is <c>*</c> while any will do.</summary>
    public static string LocalAddress(ForwardSnapshot forward)
    {
        var isIPv6 = IPAddress.TryParse(forward.LocalAddress, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        var host = isIPv6 ? $"[{forward.LocalAddress}]" : forward.LocalAddress;
        var port = forward.LocalPort == 0 ? "*" : forward.LocalPort.ToString(CultureInfo.InvariantCulture);
        return $"{host}:{port}";
    }

    public static string Status(ForwardSnapshot forward) => forward.Status.ToString().ToLowerInvariant();

    /// <summary>What is wrong and what to do about it; empty when all is well.</summary>
    public static string Trouble(ForwardSnapshot forward) => forward switch
    {
        { Fault: { Hint: { } hint } fault } => $"{fault.Message} {hint}",
        { Fault: { } fault } => fault.Message,
        { Warning: { } warning } => warning,
        _ => "",
    };

    public static string Traffic(Traffic traffic) =>
        traffic.TotalConnections == 0 ? "" : $"{Bytes(traffic.BytesIn)} in, {Bytes(traffic.BytesOut)} out, {traffic.OpenConnections} open";

    private static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {ByteUnits[unit]}");
    }
}
