using System.Globalization;
using Kftray.Testing.PortForward;

namespace Kftray.Testing.Process;

/// <summary>The command line of the process.</summary>
internal sealed record ServeOptions(bool IsDemo, int Port, string? Kubeconfig, RuntimeCharacter Runtime, bool ExitsWithStdin)
{
    public const string Usage = """
        kftray-testcluster serve [options]

        Runs a Kubernetes API server for tests and prints one line of JSON when it is ready:
        {"server": …, "kubeconfig": …, "control": …}. Ends on SIGINT or SIGTERM.

          --demo                 fill it with the demo shop
          --port N               port of the API server (default: any free one)
          --kubeconfig FILE      where to write the kubeconfig (default: a file in the temporary folder)
          --runtime NAME         containerd (default) or crio
          --exit-with-stdin      end when standard input ends

        Pods whose image is a kftray-server run the program that KFTRAY_SERVER names; those of the public image a stand-in.
        """;

    /// <exception cref="ArgumentException">Wrong usage: what is wrong.</exception>
    public static ServeOptions Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0] != "serve") throw new ArgumentException("The one command is \"serve\".");
        var options = new ServeOptions(false, 0, null, RuntimeCharacter.Containerd, false);
        for (var i = 1; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value.");
            options = arguments[i] switch
            {
                "--demo" => options with { IsDemo = true },
                "--port" => options with { Port = ParsePort(Value()) },
                "--kubeconfig" => options with { Kubeconfig = Value() },
                "--runtime" => options with { Runtime = ParseRuntime(Value()) },
                "--exit-with-stdin" => options with { ExitsWithStdin = true },
                var unknown => throw new ArgumentException($"There is no option {unknown}."),
            };
        }

        return options;
    }

    private static int ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535
            ? port
            : throw new ArgumentException($"{text} is no port.");

    private static RuntimeCharacter ParseRuntime(string text) => text switch
    {
        "containerd" => RuntimeCharacter.Containerd,
        "crio" or "cri-o" => RuntimeCharacter.CriO,
        _ => throw new ArgumentException($"There is no runtime {text}: containerd or crio."),
    };
}
