using System.Text.Json;
using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Generated;

public sealed class ContractJsonTests
{
    [Fact]
    public void ApplyParams_WithPropertiesLeftOut_KeepsTheirDefaults()
    {
        var parsed = JsonSerializer.Deserialize("""{"settings":{"allowNonLoopback":true}}""", ContractJson.Default.ApplyParams)!;

        Assert.Empty(parsed.Documents);
        Assert.Empty(parsed.Enabled);
        Assert.Equal("127.0.0.1", parsed.Settings.LocalAddress);
        Assert.Equal(30, parsed.Settings.HoldSeconds);
    }

    [Theory]
    [InlineData("""{"documents":null}""")]
    [InlineData("""{"documents":[{"uri":"file:///a"}]}""")]
    [InlineData("""{"settings":{"localAddress":null}}""")]
    public void ApplyParams_WithNullOrMissingParts_IsRefused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(json, ContractJson.Default.ApplyParams));
}
