using System.Text;

namespace Kftray.Sidecar.Kubernetes.Network;

/// <summary>
/// A header that is sent once for each of its values. .NET joins values with commas, which for lists means the same, but not to Kubernetes: it takes
/// <c>Impersonate-Group: dev, ops</c> for one group. So the values travel as one, with a separator in between that this encoding, which the
/// handler applies when it writes the header, turns into the beginning of the next line.
/// </summary>
internal sealed class RepeatedHeader(string name) : Encoding
{
    // No value can have it: Go, and so kubectl and the server, refuse control characters.
    private const char Separator = '\u001F';

    private readonly string _between = $"\r\n{name}: ";

    /// <exception cref="FormatException">A value has control characters.</exception>
    public static string Join(IEnumerable<string> values)
    {
        string[] all = [.. values];
        return all.Any(value => value.Any(char.IsControl)) ? throw new FormatException("A header value has control characters.") : string.Join(Separator, all);
    }

    public override int GetByteCount(char[] chars, int index, int count) => UTF8.GetByteCount(Lines(chars, index, count));

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        UTF8.GetBytes(Lines(chars, charIndex, charCount), bytes.AsSpan(byteIndex));

    public override int GetMaxByteCount(int charCount) => charCount * Math.Max(UTF8.GetMaxByteCount(1), _between.Length);

    public override int GetCharCount(byte[] bytes, int index, int count) => throw Unused();

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) => throw Unused();

    public override int GetMaxCharCount(int byteCount) => throw Unused();

    private string Lines(char[] chars, int index, int count) => new string(chars, index, count).Replace($"{Separator}", _between, StringComparison.Ordinal);

    private static NotSupportedException Unused() => new("Headers are only written with it.");
}
