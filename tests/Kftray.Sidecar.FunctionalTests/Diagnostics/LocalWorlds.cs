using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>What breaks on this machine: config file, kubeconfig, credentials, local port.</summary>
internal static class LocalWorlds
{
    private const string AskAgain = "Run the same command in a terminal; it may ask you to sign in.";

    public static IEnumerable<BrokenWorld> All =>
    [
        new("entry without a port", DiagnosisLink.ConfigEntry, FaultKind.InvalidConfig,
            "remote_port is missing: the port to forward to.", "Correct the forward's entry in the config file.")
        {
            Forward = """{ "service": "web" }""",
        },
        new("untrusted workspace", DiagnosisLink.ConfigEntry, FaultKind.UntrustedWorkspace,
            "The workspace is not trusted.", "Trust the workspace to start its forwards.…")
        {
            Change = (_, wanted) => wanted with { Trusted = false },
        },
        new("address for everybody", DiagnosisLink.ConfigEntry, FaultKind.NonLoopbackAddress,
            "0.0.0.0 can be reached from other machines.", "Use 127.0.0.1, or turn on the setting kftray.allowNonLoopback.")
        {
            Forward = """{ "service": "web", "remote_port": 80, "local_address": "0.0.0.0" }""",
        },
        new("kubeconfig of the workspace", DiagnosisLink.ConfigEntry, FaultKind.ConsentRequired,
            "The kubeconfig /work/kubeconfig is part of the workspace and was not confirmed.", "Keep it outside the workspace, for instance in ~/.kube…")
        {
            Forward = """{ "service": "web", "remote_port": 80, "kubeconfig": "kubeconfig" }""",
        },
        new("expose", DiagnosisLink.ConfigEntry, FaultKind.NotSupported,
            "Exposing a local port to the cluster is not supported yet.", "Use another workload_type.")
        {
            Forward = """{ "service": "web", "workload_type": "expose", "local_port": 8080 }""",
        },

        new("no kubeconfig", DiagnosisLink.Kubeconfig, FaultKind.KubeconfigNotFound,
            "No kubeconfig was found at …/none.", "Set KUBECONFIG or the kubeconfig setting to a file that exists.")
        {
            Change = (lab, wanted) => wanted with { Settings = wanted.Settings with { Kubeconfig = [Path.Combine(lab.Folder, "none")] } },
        },
        new("kubeconfig that is no YAML", DiagnosisLink.Kubeconfig, FaultKind.KubeconfigInvalid, "The kubeconfig …/kubeconfig …", "…")
        {
            Break = lab => File.WriteAllTextAsync(lab.Kubeconfig, "clusters: [", lab.Timeout),
        },
        new("context misspelt", DiagnosisLink.Context, FaultKind.ContextNotFound,
            "The kubeconfig has no context 'dmeo'.", "Did you mean 'demo'?")
        {
            Forward = """{ "service": "web", "remote_port": 80, "context": "dmeo" }""",
        },
        new("no current context", DiagnosisLink.Context, FaultKind.ContextNotFound,
            "The kubeconfig has no current context.", "Name a context for the forward, or select one: 'demo'.")
        {
            Break = lab => Edit(lab, root => root.AsObject().Remove("current-context")),
        },
        new("context without its cluster", DiagnosisLink.Context, FaultKind.KubeconfigInvalid,
            "…context 'demo' names the cluster 'demo', which is not defined…", "…")
        {
            Break = lab => Edit(lab, root => root["clusters"] = new JsonArray()),
        },

        new("plugin that is not installed", DiagnosisLink.Credentials, FaultKind.CredentialsUnavailable,
            "The credential plugin 'kftray-no-such-plugin' of user 'demo' was not found in PATH…", "Install it from the intranet.")
        {
            Break = lab => UsePlugin(lab, "kftray-no-such-plugin", "Install it from the intranet."),
        },
        new("plugin that fails", DiagnosisLink.Credentials, FaultKind.CredentialsUnavailable,
            "The credential plugin 'plugin.sh' of user 'demo' failed with exit code 3: Your session has expired", AskAgain)
        {
            Break = async lab =>
            {
                var script = Path.Combine(lab.Folder, "plugin.sh");
                await File.WriteAllTextAsync(script, "#!/bin/sh\necho Your session has expired >&2\nexit 3\n", lab.Timeout);
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                await UsePlugin(lab, script, null);
            },
        },
        new("token file that is gone", DiagnosisLink.Credentials, FaultKind.CredentialsUnavailable,
            "The credential file …/token, which the kubeconfig names, cannot be read.", "Check that the file exists and that you may read it.")
        {
            Break = lab => UseUser(lab, new() { ["tokenFile"] = Path.Combine(lab.Folder, "token") }),
        },
        new("token that has ended", DiagnosisLink.Credentials, FaultKind.Unauthorized,
            "The cluster of context 'demo' does not accept the credentials. A token in the kubeconfig, which ended on 2001-09-09 01:46 UTC.", "Sign in again, or check the user in the kubeconfig.")
        {
            // {"exp":1000000000}
            Break = lab => UseUser(lab, new() { ["token"] = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.c2ln" }),
        },
        new("token of another cluster", DiagnosisLink.Api, FaultKind.Unauthorized,
            "The cluster of context 'demo' does not accept the credentials.", "Sign in again, or check the user in the kubeconfig.")
        {
            Break = lab => UseUser(lab, new() { ["token"] = "wrong" }),
        },

        new("port of another forward", DiagnosisLink.LocalPort, FaultKind.PortInUse,
            "Port {port} is in use by another forward of this Kftray.", "Use local_port …, which is free, or stop that forward.")
        {
            Forward = """{ "service": "web", "remote_port": 80, "local_port": {port} }""",
            Break = lab =>
            {
                var socket = lab.Own(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                socket.Listen();
                lab.Port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                return Task.CompletedTask;
            },
        },
        new("port of another window", DiagnosisLink.LocalPort, FaultKind.PortInUse,
            "Port {port} is in use by another Kftray (window \"shop-web\", pid …).", "Stop the forward there, or use local_port …, which is free.")
        {
            Forward = """{ "service": "web", "remote_port": 80, "local_port": {port} }""",
            Break = async lab => lab.Port = await lab.Own(RunningServe.StartAsWindow("shop-web")).ForwardAsync(
                """{ "forwards": [{ "alias": "there", "service": "web", "remote_port": 80 }] }""", lab.Kubeconfig, lab.Timeout),
        },
        new("address of another machine", DiagnosisLink.LocalPort, FaultKind.AddressNotAvailable,
            "This machine has no address 192.0.2.1.", "Remove local_address to listen on 127.0.0.1.")
        {
            Forward = """{ "service": "web", "remote_port": 80, "local_address": "192.0.2.1", "local_port": 18080 }""",
            Change = (_, wanted) => wanted with { Settings = wanted.Settings with { AllowNonLoopback = true } },
        },
    ];

    private static Task Edit(Lab lab, Action<JsonNode> change)
    {
        lab.EditKubeconfig(change);
        return Task.CompletedTask;
    }

    private static Task UseUser(Lab lab, JsonObject user)
    {
        lab.UseUser(user);
        return Task.CompletedTask;
    }

    private static Task UsePlugin(Lab lab, string command, string? hint) => UseUser(lab, new()
    {
        ["exec"] = new JsonObject
        {
            ["apiVersion"] = "client.authentication.k8s.io/v1", ["command"] = command, ["interactiveMode"] = "Never", ["installHint"] = hint,
        },
    });
}
