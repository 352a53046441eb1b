using System.Text.Json;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class NotificationTests
{
    [Fact]
    public async Task ForwardsChanged_OfTheFeed_CarriesTheRecordItself()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var forward = Snapshots.Reconnecting();
        session.Engine.Push(forward);

        var notification = await session.NextAsync("forwards/changed");

        var expected = JsonSerializer.SerializeToElement(new([forward], []), ContractJson.Default.ForwardsChangedParams);
        Assert.True(JsonElement.DeepEquals(expected, notification), notification.GetRawText());
    }

    [Fact]
    public async Task PodLog_ThatIsFollowed_IsSentPieceByPiece_AndAnsweredAtItsEnd()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.Forwards.Add(Snapshots.Active());
        session.Engine.PodLog = ["one\n", "two\n"];

        var ended = await session.RequestAsync<FollowLogResult>("forward/followLog", new FollowLogParams(session.Engine.Forwards[0].Id));

        Assert.Equal("web-0", ended.Pod);
        Assert.Equal("one\n", (await session.NextAsync("forward/podLog")).GetProperty("text").GetString());
        Assert.Equal("two\n", (await session.NextAsync("forward/podLog")).GetProperty("text").GetString());
    }

    [Fact]
    public async Task Log_AtTheLevelOfInitialize_IsSent()
    {
        await using var session = await RpcSession.OpenInitializedAsync(SidecarLogLevel.Warning);
        var logger = session.CreateLogger("Kftray.Test");

        logger.LogInformation(new EventId(1), "too quiet");
        logger.LogWarning(new EventId(42), "heard {Word}", "this");

        var log = await session.NextAsync("log");
        Assert.Equal(
            new(SidecarLogLevel.Warning, "Kftray.Test", 42, "heard this"), log.Deserialize(ContractJson.Default.LogParams));
    }

    [Fact]
    public async Task Log_AfterSetLevel_FollowsTheNewLevel()
    {
        await using var session = await RpcSession.OpenInitializedAsync(SidecarLogLevel.Off);
        var logger = session.CreateLogger("Kftray.Test");
        logger.LogCritical("nobody listens");
        await session.RequestAsync("log/setLevel", new SetLogLevelParams(SidecarLogLevel.Trace));

        logger.LogTrace("now they do");

        var log = await session.NextAsync("log");
        Assert.Equal("now they do", log.GetProperty("message").GetString());
        Assert.Equal("trace", log.GetProperty("level").GetString());
    }
}
