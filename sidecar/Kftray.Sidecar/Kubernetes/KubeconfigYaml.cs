using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>Reads a YAML mapping of one kubeconfig file; every complaint names file and line, never a value.</summary>
internal sealed class KubeconfigYaml(string file, YamlMappingNode node)
{
    public string File => file;

    /// <summary>The file's root.</summary>
    /// <exception cref="ForwardException">Not YAML, or not a mapping.</exception>
    public static KubeconfigYaml Parse(string file, string text)
    {
        var stream = new YamlStream();
        var scanner = new Scanner(new StringReader(text));
        try
        {
            stream.Load(new Parser(scanner));
        }
        catch (YamlException e)
        {
            throw Invalid(file, e.Start.Line, e.Message, e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The parser stumbles over some malformed texts instead of refusing them, such as `[` before a line that begins further left.
            throw Invalid(file, scanner.CurrentPosition.Line, "it is not YAML", e);
        }

        return (stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode) switch
        {
            null => new(file, new YamlMappingNode()),
            YamlMappingNode root => new(file, root),
            // An empty file, or only comments: kubectl takes it for an empty configuration.
            YamlScalarNode { Value: null or "" } => new(file, new YamlMappingNode()),
            var other => throw Invalid(file, other.Start.Line, "a kubeconfig is a mapping", null),
        };
    }

    public string? Text(string key) => Child(key) switch
    {
        null => null,
        YamlScalarNode scalar => IsNull(scalar) ? null : scalar.Value is { Length: > 0 } value ? value : null,
        var other => throw Invalid(other, $"'{key}' must be a string"),
    };

    public string RequiredText(string key) => Text(key) ?? throw Invalid(node, $"'{key}' is missing");

    public bool Flag(string key) => Text(key) switch
    {
        null or "false" or "False" or "FALSE" => false,
        "true" or "True" or "TRUE" => true,
        _ => throw Invalid(Child(key)!, $"'{key}' must be true or false"),
    };

    public KubeconfigYaml? Map(string key) => Child(key) switch
    {
        null => null,
        YamlMappingNode map => new(file, map),
        YamlScalarNode scalar when IsNull(scalar) => null,
        var other => throw Invalid(other, $"'{key}' must be a mapping"),
    };

    public IEnumerable<KubeconfigYaml> Maps(string key) => Items(key).Select(item =>
        item as YamlMappingNode is { } map ? new KubeconfigYaml(file, map) : throw Invalid(item, $"each of '{key}' must be a mapping"));

    public IReadOnlyList<string> Texts(string key) => [.. Items(key).Select(item =>
        (item as YamlScalarNode)?.Value ?? throw Invalid(item, $"each of '{key}' must be a string"))];

    /// <summary>As <see cref="Maps"/>, without what is no mapping: an entry that nobody can name breaks nothing.</summary>
    public IEnumerable<KubeconfigYaml> ReadableMaps(string key) => Items(key).OfType<YamlMappingNode>().Select(map => new KubeconfigYaml(file, map));

    /// <summary>The key's string; null also when it is something else.</summary>
    public string? ReadableText(string key) => Child(key) is YamlScalarNode scalar && !IsNull(scalar) ? scalar.Value : null;

    /// <summary>Where the key's value stands in the text; null when there is none.</summary>
    public Range? Place(string key) => Child(key) is { } child ? (int)child.Start.Index..(int)child.End.Index : null;

    /// <summary>Where the first key stands in the text.</summary>
    public int Begin => (int)(node.Children.Count > 0 ? node.Children[0].Key : node).Start.Index;

    /// <summary>Written in braces.</summary>
    public bool IsFlow => node.Style == YamlDotNet.Core.Events.MappingStyle.Flow;

    public IEnumerable<string> Keys => node.Children.Keys.OfType<YamlScalarNode>().Select(key => key.Value ?? "");

    /// <summary>Base64 of the key as UTF-8 text.</summary>
    public string? Base64(string key)
    {
        if (Text(key) is not { } text)
            return null;
        try
        {
            return System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException e)
        {
            throw Invalid(file, Child(key)!.Start.Line, $"'{key}' is not base64", e);
        }
    }

    /// <summary>A path of this file: relative ones are relative to it.</summary>
    public string? FilePath(string key) =>
        Text(key) is { } path ? Path.GetFullPath(path, Path.GetDirectoryName(file)!) : null;

    /// <summary>The same content as JSON; also the canonical form that fingerprints are made of.</summary>
    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            Write(json, node);
        return System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    public ForwardException Invalid(string message) => Invalid(node, message);

    private ForwardException Invalid(YamlNode at, string message) => Invalid(file, at.Start.Line, message, null);

    private static ForwardException Invalid(string file, long line, string message, Exception? inner) => new(
        new(FaultKind.KubeconfigInvalid, $"The kubeconfig {file} is not valid at line {line}: {message.TrimEnd('.')}.",
            "Correct the file, or point to another kubeconfig."), inner);

    private YamlNode? Child(string key) => node.Children.TryGetValue(new YamlScalarNode(key), out var child) ? child : null;

    private IEnumerable<YamlNode> Items(string key) => Child(key) switch
    {
        null => [],
        YamlSequenceNode sequence => sequence.Children,
        YamlScalarNode scalar when IsNull(scalar) => [],
        var other => throw Invalid(other, $"'{key}' must be a list"),
    };

    private static bool IsNull(YamlScalarNode scalar) =>
        scalar.Style is ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private static void Write(Utf8JsonWriter json, YamlNode value)
    {
        switch (value)
        {
            case YamlMappingNode map:
                json.WriteStartObject();
                foreach (var (key, child) in map.Children)
                {
                    json.WritePropertyName((key as YamlScalarNode)?.Value ?? "");
                    Write(json, child);
                }

                json.WriteEndObject();
                break;
            case YamlSequenceNode sequence:
                json.WriteStartArray();
                foreach (var child in sequence.Children)
                    Write(json, child);
                json.WriteEndArray();
                break;
            case YamlScalarNode { Style: ScalarStyle.Plain } plain:
                WritePlain(json, plain);
                break;
            case YamlScalarNode scalar:
                json.WriteStringValue(scalar.Value);
                break;
        }
    }

    private static void WritePlain(Utf8JsonWriter json, YamlScalarNode scalar)
    {
        if (IsNull(scalar))
            json.WriteNullValue();
        else if (bool.TryParse(scalar.Value, out var flag))
            json.WriteBooleanValue(flag);
        else if (long.TryParse(scalar.Value, System.Globalization.CultureInfo.InvariantCulture, out var number))
            json.WriteNumberValue(number);
        else
            json.WriteStringValue(scalar.Value);
    }
}
