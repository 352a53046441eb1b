namespace Kftray.Testing.Pods;

/// <summary>
/// The images that are programs, by repository. Other images name a behaviour (<see cref="PodPort"/>).
/// A key with a slash is a whole repository and comes before a key without one, which is the last part of any repository.
/// </summary>
internal sealed class ImageCatalog(IReadOnlyDictionary<string, PodProgram> own)
{
    /// <summary>The environment variable that names our relay's binary.</summary>
    public const string RelayVariable = "KFTRAY_SERVER";

    private readonly IReadOnlyDictionary<string, PodProgram> _common = new Dictionary<string, PodProgram>
    {
        ["ghcr.io/hcavarsan/kftray-server"] = new(Self(), "lockstep-relay"),
        ["kftray-server"] = new(Environment.GetEnvironmentVariable(RelayVariable) ?? ""),
    };

    /// <summary>The program behind an image; null when it is none.</summary>
    public PodProgram? Find(string? image)
    {
        if (string.IsNullOrEmpty(image)) return null;
        var repository = RepositoryOf(image);
        var name = repository[(repository.LastIndexOf('/') + 1)..];
        return own.GetValueOrDefault(repository) ?? own.GetValueOrDefault(name) ?? _common.GetValueOrDefault(repository) ?? _common.GetValueOrDefault(name);
    }

    /// <summary>Why an image cannot be pulled here, as a runtime would word it; null when it can.</summary>
    public string? WhyMissing(string image) => Find(image) is { } program && !File.Exists(program.Path)
        ? $"failed to resolve reference \"{image}\": no program of this machine stands for it: is {RelayVariable} set?"
        : null;

    /// <summary>Without tag and digest.</summary>
    private static string RepositoryOf(string image)
    {
        var withoutDigest = image.Split('@')[0];
        var colon = withoutDigest.LastIndexOf(':');
        // A colon before the last slash belongs to the registry's port.
        return colon > withoutDigest.LastIndexOf('/') ? withoutDigest[..colon] : withoutDigest;
    }

    // In the cluster's own process and in a test's, the program lies beside the assembly.
    private static string Self() => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "kftray-testcluster.exe" : "kftray-testcluster");
}
