using System.Text;
using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

/// <summary>
/// Takes forwards over from files of the desktop app, and writes such files. What both know is kept; what only one knows is named in notes.
/// </summary>
internal static class Transfer
{
    private static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Keys that the desktop app does not know.</summary>
    private static readonly IReadOnlyList<ConfigField> OwnFields =
    [
        ForwardFields.HoldSeconds, ForwardFields.HalfCloseGraceSeconds, ForwardFields.Balance, ForwardFields.Open, ForwardFields.AutoStart,
        ForwardFields.Relay,
    ];

    /// <summary>What the app writes for "as usual": it need not be said.</summary>
    private static readonly IReadOnlyDictionary<string, string> Usual = new Dictionary<string, string>
    {
        [ForwardFields.Kubeconfig.Name] = KubeconfigPath.Default,
        [ForwardFields.WorkloadType.Name] = "service",
        [ForwardFields.Protocol.Name] = "tcp",
        [ForwardFields.LocalAddress.Name] = "127.0.0.1",
    };

    public static TransferResult Import(string text)
    {
        var problems = new ProblemList();
        var document = new ConfigDocument("", "", DocumentKind.User, text);
        if (new DocumentParser(document, problems, WorkspaceHost.None).Parse() is not { } parsed)
            return new("[]", 0, [.. problems.InOrder([]).Select(problem => new TransferNote("", "", problem.Message))]);

        var notes = new List<TransferNote>();
        var json = Write(writer =>
        {
            foreach (var forward in parsed.Forwards)
                WriteImported(writer, parsed.Defaults, forward, notes);
        });
        return new(json, parsed.Forwards.Count, notes);
    }

    public static TransferResult Export(WorkspaceModel model)
    {
        var notes = new List<TransferNote>();
        var count = 0;
        var json = Write(writer =>
        {
            foreach (var (spec, layers) in model.Forwards.Zip(model.Layers))
            {
                if (WhyNotExported(spec) is { } reason)
                {
                    notes.Add(new(spec.Alias, "", reason));
                    continue;
                }

                WriteExported(writer, spec, layers, notes);
                count++;
            }
        });
        return new(json, count, notes);
    }

    private static void WriteImported(Utf8JsonWriter writer, ObjectNode? defaults, ObjectNode forward, List<TransferNote> notes)
    {
        var members = (defaults?.Members ?? []).Concat(forward.Members).Where(member => !member.Value.IsAbsent)
            .GroupBy(member => member.Key).Select(group => group.Last()).ToList();
        var alias = (members.Find(m => m.Key == ForwardFields.Alias.Name) ?? members.Find(m => m.Key == ForwardFields.Service.Name))?.Value is StringNode name
            ? name.Value
            : "";

        writer.WriteStartObject();
        foreach (var field in ForwardFields.All)
        {
            if (members.Find(m => m.Key == field.Name) is { } member && !IsUsual(member))
            {
                writer.WritePropertyName(field.Name);
                ConfigJson.Write(writer, member.Value);
            }
        }

        writer.WriteEndObject();
        foreach (var member in members.Where(m => m.Key != "id" && !IsOff(m.Value) && ForwardFields.All.All(f => f.Name != m.Key)))
        {
            notes.Add(new(alias, member.Key, ForwardFields.Unused.GetValueOrDefault(member.Key) is { } reason
                ? $"{member.Key} is {reason}."
                : $"{member.Key} is not known."));
        }
    }

    private static string? WhyNotExported(ForwardSpec spec) => spec switch
    {
        { Blocked: { Kind: FaultKind.InvalidConfig } fault } => fault.Message,
        { RemotePort.Name: { } name } => $"The desktop app knows remote ports by number only, and this one is called {name}.",
        _ => null,
    };

    private static void WriteExported(Utf8JsonWriter writer, ForwardSpec spec, LayeredForward layers, List<TransferNote> notes)
    {
        writer.WriteStartObject();
        writer.WriteString("alias", spec.Alias);
        WriteIfAny(writer, "service", spec.Service);
        WriteIfAny(writer, "target", spec.Selector);
        writer.WriteString("namespace", spec.Namespace ?? "default");
        writer.WriteNumber("local_port", spec.LocalPort);
        writer.WriteNumber("remote_port", spec.RemotePort.Number);
        // The app's word for what is not named here: whatever the kubeconfig says is current.
        writer.WriteString("context", spec.Context ?? "@current");
        writer.WriteString("workload_type", Lower(spec.WorkloadType));
        writer.WriteString("protocol", Lower(spec.Protocol));
        WriteIfAny(writer, "remote_address", spec.RemoteAddress);
        if (layers.Find(ForwardFields.AutoLoopbackAddress) is { Value: true })
            writer.WriteBoolean("auto_loopback_address", true);
        else
            writer.WriteString("local_address", spec.LocalAddress);
        writer.WriteString("kubeconfig", spec.Kubeconfig ?? KubeconfigPath.Default);
        foreach (var member in layers.Definition.Members.Where(m => m.Key != "id" && ForwardFields.Unused.ContainsKey(m.Key)))
        {
            writer.WritePropertyName(member.Key);
            ConfigJson.Write(writer, member.Value);
        }

        writer.WriteEndObject();
        notes.AddRange(OwnFields.Where(layers.Has).Select(field => new TransferNote(spec.Alias, field.Name, $"The desktop app does not know {field.Name}.")));
        if (spec.Namespace is null)
            notes.Add(new(spec.Alias, "namespace", "The file leaves the namespace to the context; default was written."));
    }

    private static string Write(Action<Utf8JsonWriter> writeForwards)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Layout))
        {
            writer.WriteStartArray();
            writeForwards(writer);
            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteIfAny(Utf8JsonWriter writer, string key, string? value)
    {
        if (value is not null)
            writer.WriteString(key, value);
    }

    private static bool IsUsual(ConfigMember member) => member.Value is StringNode text && Usual.GetValueOrDefault(member.Key) == text.Value;

    /// <summary>A switch that is off asks for nothing.</summary>
    private static bool IsOff(ConfigNode value) => value is BooleanNode { Value: false } or StringNode { Value: "false" };

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
