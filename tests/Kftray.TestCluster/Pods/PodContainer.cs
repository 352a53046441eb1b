using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;

namespace Kftray.Testing.Pods;

/// <summary>A container of a pod object whose image is a program: what to start, and how.</summary>
/// <param name="Environment">From the object, before addresses are put in place.</param>
internal sealed record PodContainer(string Name, PodProgram Program, IReadOnlyDictionary<string, string> Environment, IReadOnlyList<string> Arguments)
{
    private const string ListenAddress = "LISTEN_ADDRESS";

    // What a program needs of the machine: where the loader, the .NET runtime and temporary files are. Nothing else of the test leaks in.
    private static readonly string[] Inherited = ["PATH", "DOTNET_ROOT", "DOTNET_ROOT_X64", "DOTNET_ROOT_ARM64", "TMPDIR", "TEMP", "TMP", "SystemRoot"];

    /// <summary>The first container whose image is a program; a pod runs at most one.</summary>
    public static PodContainer? Of(JsonObject pod, ImageCatalog images) => pod.Items("spec", "containers")
        .Select(container => images.Find(container.Text("image")) is { } program
            ? new PodContainer(container.Text("name") ?? "", program, EnvironmentOf(container), ArgumentsOf(container))
            : null)
        .FirstOrDefault(container => container is not null);

    /// <summary>
    /// All pods share this machine's network, so what a container would do with addresses of its own network namespace is given addresses
    /// of its own instead: <c>LISTEN_ADDRESS</c> on loopback becomes the pod's loopback address, which only port-forward dials; without it,
    /// or with one that means "all", it becomes the pod's address.
    /// </summary>
    public ProcessStartInfo StartInfo(string podName, IPAddress ip, IPAddress loopback)
    {
        var start = new ProcessStartInfo(Program.Path, [.. Program.Arguments, .. Arguments]);
        var inherited = Inherited.Select(name => (Name: name, Value: System.Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null).ToArray();
        start.Environment.Clear();
        foreach (var (name, value) in inherited) start.Environment[name] = value;
        start.Environment["HOSTNAME"] = podName;
        start.Environment["POD_IP"] = ip.ToString();
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        var asked = Environment.GetValueOrDefault(ListenAddress);
        start.Environment[ListenAddress] = (IsLoopback(asked) ? loopback : ip).ToString();
        return start;
    }

    private static bool IsLoopback(string? address) =>
        address == "localhost" || (IPAddress.TryParse(address, out var parsed) && IPAddress.IsLoopback(parsed));

    // valueFrom needs config maps and secrets, which this cluster has not.
    private static Dictionary<string, string> EnvironmentOf(JsonObject container) =>
        container.Items("env").Where(variable => variable.Text("name") is not null).ToDictionary(variable => variable.Text("name")!, variable => variable.Text("value") ?? "");

    private static string[] ArgumentsOf(JsonObject container) => [.. (container.At("args") as JsonArray ?? []).Select(argument => argument.Text() ?? "")];
}
