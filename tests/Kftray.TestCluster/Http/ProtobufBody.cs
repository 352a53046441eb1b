using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Kftray.Testing.Http;

/// <summary>
/// Request bodies in Kubernetes' protobuf: typed Go clients, kubectl's among them, prefer it for what they send and take JSON back. Only the
/// messages that kubectl sends for what is served here, each as a table of its fields.
/// https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/runtime/generated.proto (Unknown)
/// </summary>
internal static class ProtobufBody
{
    private static readonly byte[] Magic = "k8s\0"u8.ToArray();

    // Field number → name, and the message behind it where it is one.
    private static readonly Message ResourceAttributes = new()
    {
        { 1, "namespace" }, { 2, "verb" }, { 3, "group" }, { 4, "version" }, { 5, "resource" }, { 6, "subresource" }, { 7, "name" },
    };

    private static readonly Message AccessReview = new()
    {
        {
            2, "spec", new Message
            {
                { 1, "resourceAttributes", ResourceAttributes },
                { 2, "nonResourceAttributes", new Message { { 1, "path" }, { 2, "verb" } } },
            }
        },
    };

    private static readonly Message DeleteOptions = new()
    {
        { 1, "gracePeriodSeconds" }, { 2, "preconditions", new Message { { 1, "uid" } } }, { 4, "propagationPolicy" },
    };

    private static readonly Message Scale = new()
    {
        { 1, "metadata", new Message { { 1, "name" }, { 3, "namespace" }, { 5, "uid" }, { 6, "resourceVersion" } } },
        { 2, "spec", new Message { { 1, "replicas" } } },
    };

    private static readonly Message Namespace = new() { { 1, "metadata", new Message { { 1, "name" } } } };

    private static readonly Message TypeMeta = new() { { 1, "apiVersion" }, { 2, "kind" } };

    public static bool IsProtobuf(string? contentType) => contentType?.Contains("protobuf", StringComparison.OrdinalIgnoreCase) == true;

    /// <exception cref="ApiException">400, 415 for a kind that has no table here.</exception>
    public static JsonObject Decode(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith(Magic)) throw ApiException.BadRequest("the object provided is no protobuf of Kubernetes");
        var (typeMeta, raw) = ReadEnvelope(body[Magic.Length..]);
        var kind = typeMeta["kind"]?.GetValue<string>();
        var message = kind switch
        {
            "SelfSubjectAccessReview" => AccessReview,
            "DeleteOptions" => DeleteOptions,
            "Scale" => Scale,
            "Namespace" => Namespace,
            _ => throw ApiException.UnsupportedMediaType($"application/vnd.kubernetes.protobuf ({kind})"),
        };
        var content = Read(raw, message);
        content["apiVersion"] = typeMeta["apiVersion"]?.DeepClone();
        content["kind"] = kind;
        return content;
    }

    private static (JsonObject TypeMeta, byte[] Raw) ReadEnvelope(ReadOnlySpan<byte> body)
    {
        var typeMeta = new JsonObject();
        byte[] raw = [];
        while (body.Length > 0)
        {
            var (number, bytes, _) = ReadField(ref body);
            if (number == 1) typeMeta = Read(bytes, TypeMeta);
            if (number == 2) raw = bytes.ToArray();
        }

        return (typeMeta, raw);
    }

    private static JsonObject Read(ReadOnlySpan<byte> body, Message message)
    {
        var content = new JsonObject();
        while (body.Length > 0)
        {
            var (number, bytes, value) = ReadField(ref body);
            if (message.Find(number) is not { } field) continue;
            content[field.Name] = value is { } numeric ? numeric
                : field.Message is { } inner ? Read(bytes, inner)
                : Encoding.UTF8.GetString(bytes);
        }

        return content;
    }

    /// <summary>One field: its bytes, or its value when it is a number.</summary>
    private static Field ReadField(ref ReadOnlySpan<byte> body)
    {
        var tag = ReadVarint(ref body);
        var number = (int)(tag >> 3);
        switch (tag & 7)
        {
            case 0:
                return new Field(number, default, (long)ReadVarint(ref body));
            case 1:
                var fixed64 = BinaryPrimitives.ReadInt64LittleEndian(body);
                body = body[8..];
                return new Field(number, default, fixed64);
            case 2:
                var length = (int)ReadVarint(ref body);
                if (length < 0 || length > body.Length) throw ApiException.BadRequest("unexpected end of the protobuf");
                var bytes = body[..length];
                body = body[length..];
                return new Field(number, bytes, null);
            default:
                throw ApiException.BadRequest("unexpected wire type in the protobuf");
        }
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> body)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64 && body.Length > 0; shift += 7)
        {
            var next = body[0];
            body = body[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        throw ApiException.BadRequest("unexpected end of the protobuf");
    }

    private readonly ref struct Field(int number, ReadOnlySpan<byte> bytes, long? value)
    {
        private readonly int _number = number;
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly long? _value = value;

        public void Deconstruct(out int number, out ReadOnlySpan<byte> bytes, out long? value)
        {
            number = _number;
            bytes = _bytes;
            value = _value;
        }
    }

    /// <summary>The fields of a message by their number.</summary>
    private sealed class Message : System.Collections.IEnumerable
    {
        private readonly Dictionary<int, (string Name, Message? Message)> _fields = [];

        public void Add(int number, string name, Message? message = null) => _fields[number] = (name, message);

        public (string Name, Message? Message)? Find(int number) => _fields.TryGetValue(number, out var field) ? field : null;

        public System.Collections.IEnumerator GetEnumerator() => _fields.GetEnumerator();
    }
}
