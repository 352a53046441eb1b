using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Diagnostics;

public sealed class FaultCatalogTests
{
    public static TheoryData<FaultKind> Kinds { get; } = [.. Enum.GetValues<FaultKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Entry_OfEachKind_IsMadeOfSentences(FaultKind kind)
    {
        var entry = FaultCatalog.Of(kind);

        Assert.All([entry.Title, entry.Cause, entry.Remedy], text => Assert.Matches(@"^[A-Za-z].*\.$", text));
    }

    [Fact]
    public void Titles_OfTheKinds_AreAllDifferent() => Assert.Distinct(Enum.GetValues<FaultKind>().Select(kind => FaultCatalog.Of(kind).Title));

    [Fact]
    public void Complete_AFaultWithAHintOfItsOwn_KeepsIt() =>
        Assert.Equal("Mine.", FaultCatalog.Complete(new(FaultKind.PodGone, "Gone.", "Mine.")).Hint);

    [Fact]
    public void Complete_AFaultWithout_TakesThatOfItsKind() =>
        Assert.Equal(FaultCatalog.Of(FaultKind.PodGone).Remedy, FaultCatalog.Complete(new(FaultKind.PodGone, "Gone.")).Hint);
}
