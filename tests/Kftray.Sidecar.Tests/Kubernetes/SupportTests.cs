using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "front", ["k8s.io/name"] = "x" };

    [Theory]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData("app = web , tier=front", true)]
    [InlineData("app=web,tier=back", false)]
    [InlineData("app!=web", false)]
    [InlineData("other!=web", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!other", true)]
    [InlineData("app in (api, web)", true)]
    [InlineData("app notin (api,web)", false)]
    [InlineData("other notin (a)", true)]
    [InlineData("k8s.io/name=x,app in (web)", true)]
    public void Matches_Selector_AsKubectlDoes(string selector, bool matches) =>
        Assert.Equal(matches, LabelSelector.Parse(selector)!.Matches(Labels));

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("app=web,,x")]
    [InlineData("a b")]
    [InlineData("app=a=b")]
    [InlineData("app of (a)")]
    [InlineData("app!web")]
    public void Parse_NotASelector_GivesNull(string selector) => Assert.Null(LabelSelector.Parse(selector));
}

public sealed class SpellingTests
{
    [Theory]
    [InlineData("fronted", "frontend")]
    [InlineData("Backend", "backend")]
    [InlineData("frontned", "frontend")]
    [InlineData("backend-svc", "backend")]
    [InlineData("zzz", null)]
    public void Nearest_Name_IsTheOneMeant(string name, string? nearest) =>
        Assert.Equal(nearest, Spelling.Nearest(name, ["backend", "frontend"]));

    [Theory]
    [InlineData("wbe", "web")]
    [InlineData("orders", "orders-svc")]
    [InlineData("shop", null)]
    public void Nearest_ShortName_IsTheOneMeantIfThereIsOnlyOne(string name, string? nearest) =>
        Assert.Equal(nearest, Spelling.Nearest(name, ["web", "orders-svc", "shop-api", "shop-web"]));
}
