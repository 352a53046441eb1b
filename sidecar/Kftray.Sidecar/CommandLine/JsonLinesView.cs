using System.Text.Json;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>One snapshot a line, for programs: the record of <c>forwards/changed</c>.</summary>
internal sealed class JsonLinesView(TextWriter output) : IForwardView
{
    public async Task ShowAsync(IAsyncEnumerable<ForwardSnapshot> changes)
    {
        await foreach (var forward in changes)
            await output.WriteLineAsync(JsonSerializer.Serialize(forward, ContractJson.Default.ForwardSnapshot));
    }
}
