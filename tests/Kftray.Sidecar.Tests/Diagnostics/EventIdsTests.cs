using System.Reflection;
using Kftray.Sidecar.Diagnostics;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Diagnostics;

public sealed class EventIdsTests
{
    // The thousand of each namespace.
    private static readonly Dictionary<string, int> Ranges = new()
    {
        ["Rpc"] = 1, ["Workspace"] = 2, ["Kubernetes"] = 3, ["Targets"] = 4, ["PortForward"] = 5, ["Forwarding"] = 6, ["Endpoints"] = 7, ["Relay"] = 8, ["Diagnostics"] = 9,
    };

    [Fact]
    public void EventIds_OfTheAssembly_AreUnique()
    {
        var twice = typeof(EventIds).GetFields().GroupBy(field => (int)field.GetRawConstantValue()!).Where(ids => ids.Count() > 1);

        Assert.Empty(twice.Select(ids => $"{ids.Key}: {string.Join(", ", ids.Select(field => field.Name))}"));
    }

    [Fact]
    public void LogMessages_OfTheAssembly_HaveAnIdOfTheirOwnFromTheirNamespace()
    {
        var messages = typeof(EventIds).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Attribute: method.GetCustomAttribute<LoggerMessageAttribute>()))
            .Where(message => message.Attribute is not null)
            .ToList();

        Assert.NotEmpty(messages);
        Assert.Equal(messages.Count, messages.DistinctBy(message => message.Attribute!.EventId).Count());
        Assert.All(messages, message => Assert.Equal(
            Ranges[message.Method.DeclaringType!.Namespace!.Split('.')[2]], message.Attribute!.EventId / 1000));
    }
}
