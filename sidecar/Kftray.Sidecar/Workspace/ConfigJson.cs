using System.Text.Json;

namespace Kftray.Sidecar.Workspace;

/// <summary>Writes values of a config document as they were written.</summary>
internal static class ConfigJson
{
    public static void Write(Utf8JsonWriter writer, ConfigNode node)
    {
        switch (node)
        {
            case ObjectNode group:
                writer.WriteStartObject();
                foreach (var member in group.Members)
                {
                    writer.WritePropertyName(member.Key);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case ArrayNode array:
                writer.WriteStartArray();
                foreach (var item in array.Items)
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case StringNode text:
                writer.WriteStringValue(text.Value);
                break;
            case NumberNode number:
                writer.WriteNumberValue(number.Value);
                break;
            case BooleanNode boolean:
                writer.WriteBooleanValue(boolean.Value);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }
}
