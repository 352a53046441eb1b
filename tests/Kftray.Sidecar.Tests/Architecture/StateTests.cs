using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace Kftray.Sidecar.Tests.Architecture;

public sealed class StateTests
{
    // What the compiler and the source generators keep for themselves.
    private static readonly string[] Generated = ["<", "PolyType.", "StreamJsonRpc.Generated", "System.Text.RegularExpressions.Generated"];

    // Whose content can be changed after creation, whatever the field says.
    private static readonly Type[] Mutable =
    [
        typeof(List<>), typeof(Dictionary<,>), typeof(HashSet<>), typeof(Queue<>), typeof(Stack<>),
        typeof(System.Collections.Concurrent.ConcurrentDictionary<,>), typeof(System.Collections.Concurrent.ConcurrentQueue<>),
    ];

    [Fact]
    public void StaticFields_OfTheSidecar_HoldNoMutableState()
    {
        var mutable = typeof(Engine).Assembly.GetTypes()
            .Where(type => !Generated.Any(prefix => (type.FullName ?? type.Name).StartsWith(prefix, StringComparison.Ordinal)))
            .Where(type => !typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(type))
            .Where(type => type.GetCustomAttribute<CompilerGeneratedAttribute>() is null)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsLiteral)
            // The backing field of an automatic property is marked as generated too, but it is ours; what a lambda is cached in is not.
            .Where(field => field.GetCustomAttribute<CompilerGeneratedAttribute>() is null || field.Name.EndsWith("k__BackingField", StringComparison.Ordinal))
            .Where(field => !field.IsInitOnly || IsMutable(field.FieldType))
            .Select(field => $"{field.DeclaringType}.{field.Name}");

        Assert.Empty(mutable);
    }

    private static bool IsMutable(Type type) => type.IsGenericType && Mutable.Contains(type.GetGenericTypeDefinition());
}
