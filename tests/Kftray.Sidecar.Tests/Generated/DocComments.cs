using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Kftray.Sidecar.Tests.Generated;

/// <summary>The XML documentation of the sidecar, as plain text with Markdown code marks.</summary>
internal sealed partial class DocComments
{
    private readonly Dictionary<string, XElement> _members;

    public DocComments(Assembly assembly)
    {
        var file = Path.ChangeExtension(assembly.Location, ".xml");
        _members = XDocument.Load(file).Descendants("member").ToDictionary(m => (string)m.Attribute("name")!);
    }

    public string? Of(Type type) => Text(Member($"T:{type.FullName}")?.Element("summary"));

    public string? Of(FieldInfo field) => Text(Member($"F:{field.DeclaringType!.FullName}.{field.Name}")?.Element("summary"));

    /// <summary>A property's own comment, or that of the record parameter it comes from.</summary>
    public string? Of(MemberInfo property) =>
        Text(Member($"P:{property.DeclaringType!.FullName}.{property.Name}")?.Element("summary"))
        ?? Text(Member($"T:{property.DeclaringType!.FullName}")?.Elements("param").FirstOrDefault(p => (string?)p.Attribute("name") == property.Name));

    private XElement? Member(string id) => _members.GetValueOrDefault(id);

    private static string? Text(XElement? element)
    {
        if (element is null)
            return null;

        var text = string.Concat(element.Nodes().Select(Text));
        return Spaces().Replace(text, " ").Trim();
    }

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{LastWord((string)see.Attribute("cref")!)}`",
        XElement { Name.LocalName: "paramref" } parameter => $"`{CamelCase((string)parameter.Attribute("name")!)}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    private static string LastWord(string cref)
    {
        var name = cref[(cref.LastIndexOf('.') + 1)..];
        return cref[0] == 'T' ? name : CamelCase(name);
    }

    private static string CamelCase(string name) => char.ToLowerInvariant(name[0]) + name[1..];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
