using System.Buffers;
using System.Text;
using Kftray.Testing.Security;
using Xunit;

[assembly: AssemblyFixture(typeof(Kftray.Sidecar.FunctionalTests.SecretsOfTheSuite))]

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>
/// Everything that the sidecar writes in a run of the suite, with trace logging on: logs with their exceptions, snapshots, answers, both outputs of
/// its processes. And every secret that was in use, to be looked for in there.
/// </summary>
internal sealed class WrittenText : IDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _secrets = [];
    private readonly FileStream _text = new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Options = FileOptions.DeleteOnClose, BufferSize = 1 << 16 });

    public static WrittenText OfTheSuite { get; } = new();

    public int SecretCount
    {
        get
        {
            lock (_gate) return _secrets.Count;
        }
    }

    public long Length
    {
        get
        {
            lock (_gate) return _text.Length;
        }
    }

    /// <summary>What must not be found.</summary>
    public void AddSecret(string secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, 8);
        lock (_gate) _secrets.Add(secret);
    }

    public void Record(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "\n");
        lock (_gate)
        {
            if (_text.CanWrite) _text.Write(bytes);
        }
    }

    /// <summary>The places where there is a secret, each with what stands before it, without the secret itself.</summary>
    public IReadOnlyList<string> Find()
    {
        lock (_gate)
        {
            if (_secrets.Count == 0) return [];
            var secrets = SearchValues.Create([.. _secrets], StringComparison.Ordinal);
            _text.Flush();
            _text.Position = 0;
            List<string> found = [];
            using var reader = new StreamReader(_text, Encoding.UTF8, false, 1 << 16, leaveOpen: true);
            while (reader.ReadLine() is { } line)
            {
                if (line.AsSpan().IndexOfAny(secrets) is >= 0 and var at) found.Add(line[Math.Max(0, at - 200)..at]);
            }

            _text.Position = _text.Length;
            return found;
        }
    }

    public void Dispose()
    {
        lock (_gate) _text.Dispose();
    }
}

/// <summary>Collects the secrets from the first test on, and looks for them when the last one has ended.</summary>
public sealed class SecretsOfTheSuite : IDisposable
{
    public SecretsOfTheSuite() => IssuedSecrets.Issued += WrittenText.OfTheSuite.AddSecret;

    public void Dispose()
    {
        IssuedSecrets.Issued -= WrittenText.OfTheSuite.AddSecret;
        var found = WrittenText.OfTheSuite.Find();
        TestContext.Current.SendDiagnosticMessage(
            $"Looked for {WrittenText.OfTheSuite.SecretCount} secrets in {WrittenText.OfTheSuite.Length / 1024} KiB: {found.Count} found.");
        Assert.True(found.Count == 0, $"{found.Count} secrets were written, for instance after: {string.Join("\n", found.Take(5))}");
    }
}
