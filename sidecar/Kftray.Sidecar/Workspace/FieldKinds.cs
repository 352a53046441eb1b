using System.Globalization;
using System.Net;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Workspace;

internal class TextField(string name, string description) : ConfigField<string>(name, description)
{
    public override Complaint? Read(ConfigNode node, out string? value)
    {
        value = (node as StringNode)?.Value;
        if (value is null)
            return WrongType("a string", node);

        if (Variables.IsPresentIn(value))
            return new Complaint(ProblemCodes.InvalidValue, $"{Name} holds a variable that has no value. There are ${{env:NAME}}, ${{workspaceFolder}} and ${{userHome}}.");

        // These texts go into logs, tables and requests.
        return value.Any(char.IsControl)
            ? new Complaint(ProblemCodes.InvalidValue, $"{Name} must not hold line breaks or other control characters.")
            : null;
    }
}

/// <summary>A label selector as <c>kubectl -l</c> takes it.</summary>
internal sealed class SelectorField(string name, string description) : TextField(name, description)
{
    public override Complaint? Read(ConfigNode node, out string? value) =>
        base.Read(node, out value)
        ?? (LabelSelector.IsValid(value!)
            ? null
            : new Complaint(ProblemCodes.InvalidValue, $"{Name} is not a label selector. Write it as for kubectl -l: app=web,tier!=cache."));
}

internal sealed class NamespaceField(string name, string description) : TextField(name, description)
{
    public override Complaint? Read(ConfigNode node, out string? value) =>
        base.Read(node, out value)
        ?? (KubernetesName.IsLabel(value!)
            ? null
            : new Complaint(ProblemCodes.InvalidValue, $"{Name} is not the name of a namespace: at most 63 lower-case letters, digits and '-'."));
}

internal sealed class FlagField(string name, string description) : ConfigField<bool>(name, description)
{
    public override Complaint? Read(ConfigNode node, out bool value)
    {
        value = node is BooleanNode { Value: true };
        return node is BooleanNode ? null : WrongType("true or false", node);
    }
}

internal sealed class IntegerField(string name, string description, int minimum, int maximum) : ConfigField<int>(name, description)
{
    public int Minimum { get; } = minimum;

    public int Maximum { get; } = maximum;

    public override Complaint? Read(ConfigNode node, out int value)
    {
        value = 0;
        if (node is StringNode { IsExpanded: true } text && int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out value))
            node = new NumberNode(text.Range, value);
        if (node is not NumberNode number)
            return WrongType("a number", node);

        if (!double.IsInteger(number.Value) || number.Value < Minimum || number.Value > Maximum)
            return new Complaint(ProblemCodes.OutOfRange, $"{Name} must be a whole number from {Minimum} to {Maximum}.");

        value = (int)number.Value;
        return null;
    }
}

internal sealed class SecondsField(string name, string description, double minimum, double maximum) : ConfigField<TimeSpan>(name, description)
{
    public double Minimum { get; } = minimum;

    public double Maximum { get; } = maximum;

    public override Complaint? Read(ConfigNode node, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        if (node is not NumberNode number)
            return WrongType("a number of seconds", node);

        if (!(number.Value >= Minimum && number.Value <= Maximum))
        {
            return new Complaint(
                ProblemCodes.OutOfRange,
                string.Create(CultureInfo.InvariantCulture, $"{Name} must be from {Minimum} to {Maximum} seconds."));
        }

        value = TimeSpan.FromSeconds(number.Value);
        return null;
    }
}

/// <summary>A port of a Service or pod, by number or by name.</summary>
internal sealed class PortField(string name, string description) : ConfigField<PortReference>(name, description)
{
    public override Complaint? Read(ConfigNode node, out PortReference value)
    {
        value = default;
        switch (node)
        {
            case NumberNode { Value: >= 1 and <= 65535 } number when double.IsInteger(number.Value):
                value = new PortReference((int)number.Value);
                return null;
            case NumberNode:
                return new Complaint(ProblemCodes.OutOfRange, $"{Name} must be a whole number from 1 to 65535, or the name of a port.");
            case StringNode text when int.TryParse(text.Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number):
                return Read(new NumberNode(text.Range, number), out value);
            case StringNode text when KubernetesName.IsPort(text.Value):
                value = new PortReference(0, text.Value);
                return null;
            case StringNode:
                return new Complaint(
                    ProblemCodes.InvalidValue,
                    $"{Name} is neither a number nor the name of a port (at most 15 lower-case letters, digits and '-').");
            default:
                return WrongType("a port number or the name of a port", node);
        }
    }
}

/// <summary>An address of this machine to listen on, or <c>localhost</c> for both address families.</summary>
internal sealed class AddressField(string name, string description) : ConfigField<string>(name, description)
{
    public override Complaint? Read(ConfigNode node, out string? value)
    {
        value = null;
        if (node is not StringNode text)
            return WrongType("a string", node);

        value = Normalize(text.Value);
        return value is null ? new Complaint(ProblemCodes.InvalidValue, $"{Name} must be an IP address of this machine or localhost.") : null;
    }

    /// <returns>The address in its usual spelling, or <c>localhost</c>; null when it is neither.</returns>
    public static string? Normalize(string text)
    {
        if (text == "localhost")
            return text;

        // .NET also reads "1" and "127.1" as addresses; nobody else does.
        var complete = text.Contains(':') || text.Count(c => c == '.') == 3;
        return complete && IPAddress.TryParse(text, out var address) ? address.ToString() : null;
    }
}
