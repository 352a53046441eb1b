using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>The search that the whole suite relies on does find something.</summary>
public sealed class WrittenTextTests
{
    [Fact]
    public void Find_ASecretInALineOfMany_TellsWhereAndNotWhat()
    {
        using var text = new WrittenText();
        text.AddSecret("s3cr3t-one");
        text.AddSecret("s3cr3t-two");
        for (var line = 0; line < 1000; line++)
            text.Record($"line {line} says s3cr3t-on");
        Assert.Empty(text.Find());

        text.Record("first\nAuthorization: Bearer s3cr3t-two, and so on");

        Assert.Equal("Authorization: Bearer ", Assert.Single(text.Find()));
    }

    [Fact]
    public async Task Suite_OfThisRun_CollectsTheSecretsOfItsClusters()
    {
        var before = WrittenText.OfTheSuite.SecretCount;
        await using var cluster = await Testing.TestCluster.StartAsync(null, TestContext.Current.CancellationToken);
        Assert.True(WrittenText.OfTheSuite.SecretCount > before);
    }
}
