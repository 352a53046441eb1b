using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary><c>kftray-sidecar serve</c>, with the test as its editor.</summary>
internal sealed class RunningServe : SidecarProcess
{
    private int _lastId;

    private RunningServe(Process process)
        : base(process)
    {
    }

    /// <param name="parent">The command that starts it, and is its parent, with the program's command line as its last argument; null: the test.</param>
    public static RunningServe Start(params string[] parent) =>
        Launch([.. parent, .. parent.Length == 0 ? (string[])[FindProgram(), "serve"] : [$"'{FindProgram()}' serve"]]);

    /// <summary>The one of an editor window of that name.</summary>
    public static RunningServe StartAsWindow(string window) => Launch([FindProgram(), "serve", "--window", window]);

    /// <summary>Applies a config and returns the local port of its one forward once it is active.</summary>
    public async Task<int> ForwardAsync(string config, string kubeconfig, CancellationToken cancellationToken)
    {
        await SendAsync("initialize", new JsonObject { ["clientVersion"] = Product.Version, ["protocolVersion"] = Contract.Protocol.Version, ["logLevel"] = "trace" });
        var wanted = new JsonObject
        {
            ["documents"] = new JsonArray(new JsonObject { ["uri"] = "file:///w/kftray.json", ["folder"] = "w", ["kind"] = "shared", ["text"] = config }),
            ["trusted"] = true,
            ["settings"] = new JsonObject { ["kubeconfig"] = new JsonArray(kubeconfig) },
        };
        await SendAsync("workspace/apply", wanted);
        while (true)
        {
            var message = await ReceiveAsync(cancellationToken);
            if (message["result"]?["ranges"] is JsonArray { Count: > 0 } ranges && wanted["enabled"] is null)
            {
                wanted["enabled"] = new JsonArray(ranges[0]!["id"]!.DeepClone());
                await SendAsync("workspace/apply", wanted);
            }

            if (message["method"]?.GetValue<string>() == "forwards/changed"
                && (message["params"] is JsonArray list ? list[0] : message["params"])?["snapshots"] is JsonArray snapshots
                && snapshots.FirstOrDefault(snapshot => snapshot!["status"]!.GetValue<string>() == "active") is { } active)
            {
                return active["localPort"]!.GetValue<int>();
            }
        }
    }

    private static RunningServe Launch(string[] command) => new(Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!);

    private async Task SendAsync(string method, JsonObject parameters)
    {
        var request = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++_lastId, ["method"] = method, ["params"] = parameters.DeepClone() };
        var body = Encoding.UTF8.GetBytes(request.ToJsonString());
        var stream = Process.StandardInput.BaseStream;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n")));
        await stream.WriteAsync(body);
        await stream.FlushAsync();
    }

    private async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        var stream = Process.StandardOutput.BaseStream;
        var header = new StringBuilder();
        var one = new byte[1];
        while (!header.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            header.Append((char)one[0]);
        }

        var length = header.ToString().Split("\r\n").First(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1];
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, cancellationToken);
        WrittenText.OfTheSuite.Record(Encoding.UTF8.GetString(body));
        return JsonSerializer.Deserialize<JsonNode>(body)!;
    }
}
