using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// The forwards that a service asks for by annotation, as the desktop app reads them: <c>kftray.app/enabled: "true"</c>, and
/// <c>kftray.app/configs: "alias-localPort-remotePort[,…]"</c>. Without <c>configs</c> every port of the service is one.
/// </summary>
internal static class ServiceAnnotations
{
    public const string Prefix = "kftray.app/";

    /// <returns>Null when the service asks for none. Entries that cannot be understood are left out.</returns>
    public static IReadOnlyList<AnnotatedForward>? Read(ServiceInfo service)
    {
        if (service.Annotations.GetValueOrDefault(Prefix + "enabled") != "true")
            return null;

        AnnotatedForward[] forwards = service.Annotations.GetValueOrDefault(Prefix + "configs") is { } configs
            ? [.. configs.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse).OfType<AnnotatedForward>()]
            : [.. service.Ports.Select(port => new AnnotatedForward(service.Name, port.Number, port.Number.ToString(CultureInfo.InvariantCulture)))];
        return forwards.Length > 0 ? forwards : null;
    }

    /// <summary>Split at the last two dashes: an alias may contain dashes, and so may not the name of a port here.</summary>
    private static AnnotatedForward? Parse(string text)
    {
        var last = text.LastIndexOf('-');
        var middle = last > 0 ? text.LastIndexOf('-', last - 1) : -1;
        if (middle <= 0 || last == text.Length - 1)
            return null;
        return int.TryParse(text.AsSpan(middle + 1, last - middle - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var localPort)
            && localPort is >= 1 and <= 65535
            ? new(text[..middle], localPort, text[(last + 1)..])
            : null;
    }
}
