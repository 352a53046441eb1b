using System.Net;
using System.Text.RegularExpressions;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Endpoints.Owners;

/// <summary>A listening process in the words that users see. Command lines are other people's: what looks like a secret is left out.</summary>
internal static partial class HolderDescription
{
    private const string Program = "kftray-sidecar";
    private const int MaxCommandChars = 120;

    public static PortHolder Of(PortListener listener)
    {
        var isKftray = Path.GetFileNameWithoutExtension(listener.Process?.Name) == Program && listener.Process!.Id != Environment.ProcessId;
        return new(
            listener.Address.ToString(), listener.Process?.Id, listener.Process?.Name, Shorten(listener.Process?.Command), isKftray,
            isKftray ? WindowOf(listener.Process!) : null);
    }

    /// <summary>Which of the listeners is in the way of an address: the same one, or any of them all.</summary>
    public static PortListener? InTheWayOf(IPAddress wanted, IReadOnlyList<PortListener> listeners) =>
        listeners.FirstOrDefault(listener => listener.Address.Equals(wanted) || listener.Address.Equals(wanted.MapToIPv6()))
        ?? listeners.FirstOrDefault(listener => IsAny(listener.Address) || IsAny(wanted));

    public static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    /// <summary>The argument of <c>serve --window NAME</c>.</summary>
    private static string? WindowOf(ProcessDescription process)
    {
        var at = process.Arguments.ToList().IndexOf("--window");
        if (at >= 0 && at + 1 < process.Arguments.Count)
            return process.Arguments[at + 1];
        // Where only the line is known, the name is quoted if it has blanks, and the last argument.
        return process.Arguments.Count == 0 && process.Command is { } line && WindowOption().Match(line) is { Success: true } match
            ? match.Groups[1].Value.Trim('"', ' ')
            : null;
    }

    private static string? Shorten(string? command)
    {
        if (command is null)
            return null;
        var harmless = UserInfo().Replace(SecretArgument().Replace(command.ReplaceLineEndings(" "), "$1…"), "$1…@");
        return harmless.Length <= MaxCommandChars ? harmless : harmless[..MaxCommandChars] + "…";
    }

    // `--db-password=x`, `--token x`, `API_KEY=x`, and `-px` of the MySQL tools.
    [GeneratedRegex(@"((?:[\w-]*(?:passw|token|secret|credential|api[-_]?key|auth)[\w-]*)[=\s:]+(?:(?:bearer|basic)\s+)?|\s-p)(?:""[^""]*""|\S+)", RegexOptions.IgnoreCase)]
    private static partial Regex SecretArgument();

    [GeneratedRegex(@"(\w://)[^/\s@]+@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"--window[= ]+(""[^""]*""|.+)$")]
    private static partial Regex WindowOption();
}
