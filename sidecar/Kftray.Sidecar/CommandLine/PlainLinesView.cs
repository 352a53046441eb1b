using System.Globalization;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>A line for each change of state, for logs and pipes. Traffic alone is no news.</summary>
internal sealed class PlainLinesView(TextWriter output, TimeProvider time) : IForwardView
{
    private readonly Dictionary<string, string> _last = [];

    public async Task ShowAsync(IAsyncEnumerable<ForwardSnapshot> changes)
    {
        await foreach (var forward in changes)
        {
            var line = Describe(forward);
            if (_last.GetValueOrDefault(forward.Id) == line)
                continue;
            _last[forward.Id] = line;
            var clock = time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
            await output.WriteLineAsync($"{clock} {line}");
        }
    }

    private static string Describe(ForwardSnapshot forward)
    {
        var pods = forward.Pods.Count == 0 ? "" : $" ({string.Join(", ", forward.Pods)})";
        var trouble = ForwardText.Trouble(forward) is { Length: > 0 } text ? $": {text}" : "";
        return $"{forward.Alias} {ForwardText.Status(forward)} {ForwardText.LocalAddress(forward)} -> {forward.Target}{pods}{trouble}";
    }
}
