using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>
/// Writes the contract as TypeScript. Names, order and nullability come from the metadata of the wire's own serializer, enum words from what it
/// writes, comments from the C# source.
/// </summary>
internal sealed class TypeScriptGenerator
{
    private const string Header =
        """
        // Generated from sidecar/Kftray.Sidecar/Contract; do not edit. `npm run generate` rewrites it.

        """;

    private readonly StringBuilder _output = new(Header);
    private readonly DocComments _comments = new(typeof(Protocol).Assembly);
    private readonly HashSet<Type> _sentByEditor = [];
    private readonly HashSet<Type> _sentBySidecar = [];

    private TypeScriptGenerator()
    {
    }

    public static string Generate()
    {
        var generator = new TypeScriptGenerator();
        generator.Run();
        return generator._output.ToString().ReplaceLineEndings("\n");
    }

    private void Run()
    {
        foreach (ProtocolMethods.Request request in ProtocolMethods.Requests)
        {
            Collect(request.Parameters, _sentByEditor);
            Collect(request.Result, _sentBySidecar);
        }

        foreach (ProtocolMethods.Notification notification in ProtocolMethods.Notifications)
            Collect(notification.Parameters, _sentBySidecar);

        Type[] types = [.. _sentByEditor.Union(_sentBySidecar).OrderBy(t => t.Name, StringComparer.Ordinal)];
        WriteMethods();
        WriteConstants(typeof(Protocol));
        WriteConstants(typeof(RpcErrors));

        foreach (Type type in types.Where(t => t.IsEnum))
            WriteEnum(type);

        foreach (Type type in types.Where(t => !t.IsEnum))
            WriteInterface(type);
    }

    private static JsonTypeInfo Metadata(Type type) =>
        ContractJson.Default.GetTypeInfo(type) ?? throw new InvalidOperationException($"ContractJson does not serialize {type}.");

    private static void Collect(Type? type, HashSet<Type> found)
    {
        var item = type is null ? null : ListItem(type) ?? Nullable.GetUnderlyingType(type) ?? type;
        if (item?.Namespace == typeof(Protocol).Namespace && found.Add(item!))
        {
            foreach (JsonPropertyInfo property in Metadata(item!).Properties)
                Collect(property.PropertyType, found);
        }
    }

    private void WriteMethods()
    {
        WriteLine();
        WriteLine("/** What the editor may ask. A request without a result answers null. */");
        WriteLine("export interface Requests {");
        foreach (ProtocolMethods.Request request in ProtocolMethods.Requests)
        {
            var result = request.Result is null ? "null" : TypeName(request.Result);
            WriteLine($"  '{request.Name}': {{ params: {TypeName(request.Parameters)}; result: {result} }};");
        }

        WriteLine("}");
        WriteLine();
        WriteLine("/** What the sidecar tells unasked. */");
        WriteLine("export interface Notifications {");
        foreach (ProtocolMethods.Notification notification in ProtocolMethods.Notifications)
        {
            WriteLine($"  '{notification.Name}': {TypeName(notification.Parameters)};");
        }

        WriteLine("}");
    }

    private void WriteConstants(Type type)
    {
        WriteLine();
        WriteComment(_comments.Of(type), "");
        WriteLine($"export const {type.Name} = {{");
        foreach (FieldInfo field in type.GetFields().Where(f => f.IsLiteral))
        {
            WriteComment(_comments.Of(field), "  ");
            var value = Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)!;
            WriteLine($"  {JsonNamingPolicy.CamelCase.ConvertName(field.Name)}: {value},");
        }

        WriteLine("} as const;");
    }

    private void WriteEnum(Type type)
    {
        WriteLine();
        WriteComment(_comments.Of(type), "");
        WriteLine($"export type {type.Name} =");
        var values = Enum.GetValues(type);
        foreach (object value in values)
        {
            WriteComment(_comments.Of(type.GetField(value.ToString()!)!), "  ");
            var word = JsonSerializer.SerializeToElement(value, Metadata(type)).GetString()!;
            var end = value.Equals(values.GetValue(values.Length - 1)) ? ";" : "";
            WriteLine($"  | '{word}'{end}");
        }
    }

    private void WriteInterface(Type type)
    {
        WriteLine();
        WriteComment(_comments.Of(type), "");
        WriteLine($"export interface {type.Name} {{");
        foreach (JsonPropertyInfo property in Metadata(type).Properties)
        {
            WriteComment(_comments.Of((MemberInfo)property.AttributeProvider!), "  ");
            WriteLine($"  readonly {property.Name}{(IsOptional(type, property) ? "?" : "")}: {TypeName(property.PropertyType)};");
        }

        WriteLine("}");
    }

    /// <summary>The editor may leave out what has a default; the sidecar leaves out nulls only.</summary>
    private bool IsOptional(Type owner, JsonPropertyInfo property) =>
        _sentByEditor.Contains(owner) ? !property.IsRequired : property.IsGetNullable;

    private static string TypeName(Type type)
    {
        var actual = Nullable.GetUnderlyingType(type) ?? type;
        return actual switch
        {
            _ when actual == typeof(string) || actual == typeof(DateTimeOffset) => "string",
            _ when actual == typeof(bool) => "boolean",
            _ when actual == typeof(int) || actual == typeof(long) || actual == typeof(double) => "number",
            _ when actual == typeof(JsonElement) => "unknown",
            _ when ListItem(actual) is { } item => $"readonly {TypeName(item)}[]",
            _ when actual.Namespace == typeof(Protocol).Namespace => actual.Name,
            _ => throw new InvalidOperationException($"No TypeScript type for {actual}."),
        };
    }

    private static Type? ListItem(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private void WriteComment(string? comment, string indent)
    {
        if (comment is not null)
            WriteLine($"{indent}/** {comment} */");
    }

    private void WriteLine(string line = "") => _output.Append(line).Append('\n');
}
