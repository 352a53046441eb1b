using System.Text;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>From the keys of <c>relay</c> to the spec of a relay.</summary>
internal static class RelayReader
{
    /// <summary>What the settings say, or null. What is wrong there is the editor's to complain about: it is left out.</summary>
    public static ObjectNode? OfSettings(SidecarSettings settings)
    {
        if (settings.Relay is not { ValueKind: JsonValueKind.Object } relay || JsoncParser.Parse(relay.GetRawText()).Root is not ObjectNode node)
            return null;
        return node with { Members = [.. node.Members.Where(member => Complaint(member) is null)] };
    }

    /// <param name="relay">Null for nothing but defaults.</param>
    /// <returns>The spec; or what is wrong first.</returns>
    public static (RelaySpec Spec, string? Error) Read(ObjectNode? relay)
    {
        if (relay is null)
            return (RelaySpec.Default, null);
        if (relay.Members.Select(Complaint).FirstOrDefault(complaint => complaint is not null) is { } complaint)
            return (RelaySpec.Default, complaint);

        var spec = RelaySpec.Default with
        {
            Image = Text(RelayFields.Image),
            Namespace = Text(RelayFields.Namespace),
            Labels = Json(RelayFields.Labels),
            Annotations = Json(RelayFields.Annotations),
            NodeSelector = Json(RelayFields.NodeSelector),
            Tolerations = Json(RelayFields.Tolerations),
            ImagePullSecrets = Json(RelayFields.ImagePullSecrets),
            Resources = Json(RelayFields.Resources),
            Service = Text(RelayFields.Service),
        };
        return Find(RelayFields.IdleExitSeconds) is NumberNode seconds
            ? (spec with { IdleExit = TimeSpan.FromSeconds(seconds.Value) }, null)
            : (spec, null);

        ConfigNode? Find(ConfigField field) => relay.Find(field.Name)?.Value is { IsAbsent: false } value ? value : null;

        string? Text(ConfigField field) => (Find(field) as StringNode)?.Value;

        string? Json(ConfigField field) => Find(field) is { } value ? ToJson(value) : null;
    }

    private static string? Complaint(ConfigMember member)
    {
        var field = RelayFields.All.FirstOrDefault(field => field.Name == member.Key);
        return member.Value.IsAbsent ? null : field?.Check(member.Value)?.Message;
    }

    private static string ToJson(ConfigNode node)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            Write(writer, node);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(Utf8JsonWriter writer, ConfigNode node)
    {
        switch (node)
        {
            case ObjectNode map:
                writer.WriteStartObject();
                // Of a key that is there twice the last one counts.
                foreach (var member in map.Members.Where(member => map.Find(member.Key) == member).OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Key);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case ArrayNode list:
                writer.WriteStartArray();
                foreach (var item in list.Items)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case StringNode text:
                writer.WriteStringValue(text.Value);
                break;
            case NumberNode { Value: var number } when double.IsInteger(number) && Math.Abs(number) < 1L << 53:
                // Kubernetes takes no 1.0 for a number of seconds.
                writer.WriteNumberValue((long)number);
                break;
            case NumberNode number:
                writer.WriteNumberValue(number.Value);
                break;
            case BooleanNode flag:
                writer.WriteBooleanValue(flag.Value);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
