using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

public sealed class ServiceAnnotationTests
{
    [Theory]
    [InlineData("shop-api-8080-80", "shop-api", 8080, "80")]
    [InlineData("api-8080-http", "api", 8080, "http")]
    [InlineData(" a-1-2 ", "a", 1, "2")]
    public void Configs_AreSplitAtTheLastTwoDashes(string configs, string alias, int localPort, string remotePort) =>
        Assert.Equal(new AnnotatedForward(alias, localPort, remotePort), Assert.Single(Read(("enabled", "true"), ("configs", configs))!));

    [Theory]
    [InlineData("api")]
    [InlineData("api-80")]
    [InlineData("-80-80")]
    [InlineData("api-http-80")]
    [InlineData("api-0-80")]
    [InlineData("api-70000-80")]
    [InlineData("api-80-")]
    [InlineData("")]
    public void Configs_ThatCannotBeUnderstood_AreLeftOut(string configs) => Assert.Null(Read(("enabled", "true"), ("configs", configs)));

    [Fact]
    public void Configs_Several_AreOneForwardEach() =>
        Assert.Equal(["a", "b"], Read(("enabled", "true"), ("configs", "a-1-80,broken,b-2-81"))!.Select(forward => forward.Alias));

    [Fact]
    public void WithoutConfigs_EveryPortIsAForward() => Assert.Equal([new("api", 80, "80"), new("api", 90, "90")], Read(("enabled", "true"))!);

    [Fact]
    public void WithoutEnabled_ThereAreNone()
    {
        Assert.Null(Read(("configs", "a-1-80")));
        Assert.Null(Read(("enabled", "yes"), ("configs", "a-1-80")));
    }

    private static IReadOnlyList<AnnotatedForward>? Read(params (string Key, string Value)[] annotations) => ServiceAnnotations.Read(
        new ServiceInfo("shop", "api", "1", "1", new Dictionary<string, string>(), null,
            [new("web", 80, new(8080), ForwardProtocol.Tcp), new("admin", 90, new(9090), ForwardProtocol.Tcp)])
        {
            Annotations = annotations.ToDictionary(a => "kftray.app/" + a.Key, a => a.Value),
        });
}
