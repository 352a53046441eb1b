using System.Reflection;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Rpc;
using StreamJsonRpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class HandshakeTests
{
    [Fact]
    public async Task Initialize_WithMatchingVersions_AnswersTheVersions()
    {
        await using var session = RpcSession.Open();

        var result = await session.RequestAsync<InitializeResult>("initialize", new InitializeParams(RpcSession.Version, Contract.Protocol.Version));

        Assert.Equal(new InitializeResult(RpcSession.Version, Contract.Protocol.Version), result);
    }

    [Fact]
    public async Task Initialize_WithAnotherProductVersion_IsRefusedNamingBoth()
    {
        await using var session = RpcSession.Open();

        var refusal = await session.RefusalOfAsync("initialize", new InitializeParams("9.9.9", Contract.Protocol.Version));

        Assert.Equal(RpcErrors.VersionMismatch, refusal.Code);
        Assert.Equal("The sidecar is version 1.2.3, the extension version 9.9.9. Reinstall the extension.", refusal.Message);
    }

    [Fact]
    public async Task Initialize_WithAnotherProtocol_IsRefusedNamingBoth()
    {
        await using var session = RpcSession.Open();

        var refusal = await session.RefusalOfAsync("initialize", new InitializeParams(RpcSession.Version, 77));

        Assert.Equal(RpcErrors.VersionMismatch, refusal.Code);
        Assert.Equal($"The sidecar speaks protocol {Contract.Protocol.Version}, the extension protocol 77. Reinstall the extension.", refusal.Message);
    }

    [Fact]
    public async Task Initialize_Twice_IsRefused()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        var refusal = await session.RefusalOfAsync("initialize", new InitializeParams(RpcSession.Version, Contract.Protocol.Version));

        Assert.Equal(RpcErrors.NotInitialized, refusal.Code);
    }

    [Theory]
    [InlineData("workspace/apply", "{}")]
    [InlineData("forward/retry", """{"id":"shop/web"}""")]
    [InlineData("forward/restart", """{"id":"shop/web"}""")]
    [InlineData("forward/diagnose", """{"id":"shop/web"}""")]
    [InlineData("forward/followLog", """{"id":"shop/web"}""")]
    [InlineData("port/probe", """{"port":8080}""")]
    [InlineData("cluster/browse", "{}")]
    [InlineData("config/import", """{"text":"[]"}""")]
    [InlineData("config/export", "{}")]
    [InlineData("cluster/signIn", """{"id":"shop/web"}""")]
    [InlineData("relay/list", "{}")]
    [InlineData("relay/remove", """{"relays":[]}""")]
    [InlineData("log/setLevel", """{"level":"trace"}""")]
    public async Task Request_BeforeInitialize_IsRefusedAndNotServed(string method, string parameters)
    {
        await using var session = RpcSession.Open();
        session.Engine.Forwards.Add(Snapshots.Active());

        var refusal = await session.RefusalOfAsync(method, Parameters.Of(parameters));

        Assert.Equal(RpcErrors.NotInitialized, refusal.Code);
        Assert.Empty(session.Engine.Applied);
        Assert.Empty(session.Engine.Asked);
    }

    [Fact]
    public void Requests_OfTheProtocol_AreAllTriedBeforeInitialize()
    {
        var tried = typeof(HandshakeTests).GetMethod(nameof(Request_BeforeInitialize_IsRefusedAndNotServed))!
            .GetCustomAttributes<InlineDataAttribute>().Select(data => (string)data.Data[0]!);
        var served = typeof(ISidecar).GetMethods().Select(method => method.GetCustomAttribute<JsonRpcMethodAttribute>()!.Name);

        Assert.Equal(served.Order(), tried.Append("initialize").Order());
    }

    [Fact]
    public async Task Request_SentRightAfterInitialize_IsServedWithoutWaitingForTheAnswer()
    {
        await using var session = RpcSession.Open();

        var initialize = session.RequestAsync<InitializeResult>("initialize", new InitializeParams(RpcSession.Version, Contract.Protocol.Version));
        var apply = session.RequestAsync<ApplyResult>("workspace/apply", new ApplyParams());

        await Task.WhenAll(initialize, apply);
        Assert.Single(session.Engine.Applied);
    }

    [Fact]
    public async Task Request_AfterARefusedInitialize_IsRefused()
    {
        await using var session = RpcSession.Open();
        await session.RefusalOfAsync("initialize", new InitializeParams("9.9.9", Contract.Protocol.Version));

        var refusal = await session.RefusalOfAsync("workspace/apply", new ApplyParams());

        Assert.Equal(RpcErrors.NotInitialized, refusal.Code);
    }

    [Fact]
    public async Task Notifications_BeforeInitialize_AreHeldBack()
    {
        await using var session = RpcSession.Open();
        session.Engine.Push(Snapshots.Active());
        // The refused request proves that the connection works and had its chance to send.
        await session.RefusalOfAsync("workspace/apply", new ApplyParams());
        Assert.False(session.HasNotification);

        await session.RequestAsync<InitializeResult>("initialize", new InitializeParams(RpcSession.Version, Contract.Protocol.Version));

        await session.NextAsync("forwards/changed");
    }
}
