using System.Diagnostics;
using System.Text;

namespace Kftray.Conformance.Tests;

/// <summary>What a finished kubectl has left.</summary>
internal sealed record KubectlResult(int ExitCode, string Output, string Error)
{
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"kubectl exited with {ExitCode}: {Error}");
        return Output;
    }

    public string Failed()
    {
        Assert.NotEqual(0, ExitCode);
        return Error;
    }
}

/// <summary>The unmodified kubectl, with a home of its own.</summary>
internal sealed class Kubectl(string kubeconfig, string home, CancellationToken timeout)
{
    /// <summary>On top of the test's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>A command that runs kubectl as its last arguments; empty to run it itself.</summary>
    public IReadOnlyList<string> Prefix { get; init; } = [];

    private static string Path => System.Environment.GetEnvironmentVariable("KFTRAY_KUBECTL") is { Length: > 0 } path ? path : Cached();

    public async Task<KubectlResult> RunAsync(params string[] arguments) => await RunAsync(null, arguments);

    public async Task<KubectlResult> RunAsync(string? input, string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments, null))!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout);
            var error = process.StandardError.ReadToEndAsync(timeout);
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), timeout);
            process.StandardInput.Close();
            await process.WaitForExitAsync(timeout);
            return new KubectlResult(process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Starts a kubectl that goes on: a watch, a port-forward.</summary>
    public KubectlProcess Start(IReadOnlyDictionary<string, string>? environment, params string[] arguments) =>
        new(Process.Start(StartInfo(arguments, environment))!, timeout);

    private ProcessStartInfo StartInfo(string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        string[] command = [.. Prefix, Path, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        start.Environment["HOME"] = home;
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return start;
    }

    private static string Cached()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, ".cache", "kubectl", "kubectl");
            if (File.Exists(candidate)) return candidate;
        }

        throw new InvalidOperationException("kubectl 1.35 is missing: run npm test, which fetches it, or name it in KFTRAY_KUBECTL.");
    }
}
