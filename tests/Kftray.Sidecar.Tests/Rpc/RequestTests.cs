using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using StreamJsonRpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class RequestTests
{
    [Fact]
    public async Task Apply_OfDocuments_ReachesTheEngineAndAnswersProblems()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var problem = new Problem("file:///a", new(1, 2, 3, 4), ProblemSeverity.Warning, "unknown-key", "There is no key 'x'.");
        session.Engine.OnApply = (_, _) => Task.FromResult(new ApplyResult([problem], [new("shop/web", "file:///a", new(0, 0, 1, 1))]));
        var document = new ConfigDocument("file:///a", "shop", DocumentKind.Shared, "{}");

        var result = await session.RequestAsync<ApplyResult>(
            "workspace/apply", new ApplyParams { Documents = [document], Enabled = ["shop/web"], Trusted = true });

        var applied = Assert.Single(session.Engine.Applied);
        Assert.Equal([document], applied.Documents);
        Assert.Equal(["shop/web"], applied.Enabled);
        Assert.True(applied.Trusted);
        Assert.Equal([problem], result.Problems);
        Assert.Equal("shop/web", Assert.Single(result.Ranges).Id);
    }

    [Fact]
    public async Task Apply_WhileOneRuns_WaitsAndKeepsTheOrderOfArrival()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var first = new TaskCompletionSource<ApplyResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Engine.OnApply = (wanted, _) => wanted.Enabled[0] == "0" ? first.Task : Task.FromResult(new ApplyResult([], []));

        var applies = Enumerable.Range(0, 20)
            .Select(n => session.RequestAsync<ApplyResult>("workspace/apply", new ApplyParams { Enabled = [$"{n}"] }))
            .ToArray();
        // Another request is served meanwhile, and proves that the applies have arrived.
        await session.RequestAsync<BrowseResult>("cluster/browse", new BrowseParams());
        Assert.Single(session.Engine.Applied);

        first.SetResult(new([], []));
        await Task.WhenAll(applies);
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"{n}"), session.Engine.Applied.Select(wanted => wanted.Enabled[0]));
    }

    [Fact]
    public async Task Apply_AfterOneThatFailed_IsServed()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.OnApply = (_, _) => throw new InvalidOperationException("boom");
        var refusal = await session.RefusalOfAsync("workspace/apply", new ApplyParams());
        session.Engine.OnApply = (_, _) => Task.FromResult(new ApplyResult([], []));

        await session.RequestAsync<ApplyResult>("workspace/apply", new ApplyParams());

        Assert.Equal((int)StreamJsonRpc.Protocol.JsonRpcErrorCode.InternalError, refusal.Code);
        Assert.Equal("workspace/apply failed: boom", refusal.Message);
    }

    [Fact]
    public async Task UnexpectedFailure_OfARequest_SendsNoStackTraceAndLogsIt()
    {
        await using var session = await RpcSession.OpenInitializedAsync(SidecarLogLevel.Error);
        session.Engine.OnApply = (_, _) => throw new InvalidOperationException("boom");

        var refusal = await session.RefusalOfAsync("workspace/apply", new ApplyParams());

        Assert.True(refusal.Data is null or { ValueKind: JsonValueKind.Null });
        var log = await session.NextAsync("log");
        Assert.Contains("boom", log.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelled_RunningRequest_StopsAndAnswersCancelled()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Engine.OnBrowse = async (_, token) =>
        {
            token.Register(cancelled.SetResult);
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return null!;
        };
        using var cancel = new CancellationTokenSource();

        var request = session.CancellableRequestAsync<BrowseResult>("cluster/browse", new BrowseParams(), cancel.Token);
        await began.Task.WaitAsync(Patience.Token);
        await cancel.CancelAsync();

        await cancelled.Task.WaitAsync(Patience.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    [Theory]
    [InlineData("forward/retry", "retry shop/web")]
    [InlineData("forward/restart", "restart shop/web")]
    [InlineData("forward/diagnose", "diagnose shop/web")]
    public async Task ForwardRequest_OfARunningForward_ReachesIt(string method, string asked)
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.Forwards.Add(Snapshots.Active());

        await session.RequestAsync(method, new ForwardParams("shop/web"));

        Assert.Equal([asked], session.Engine.Asked);
    }

    [Theory]
    [InlineData("forward/retry")]
    [InlineData("forward/restart")]
    public async Task ForwardRequest_OfAnUnknownForward_IsRefused(string method)
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.Forwards.Add(Snapshots.Active());

        var refusal = await session.RefusalOfAsync(method, new ForwardParams("shop/nobody"));

        Assert.Equal(RpcErrors.UnknownForward, refusal.Code);
        Assert.Empty(session.Engine.Asked);
    }

    [Fact]
    public async Task Diagnose_OfAnUnknownForward_IsRefused()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        Assert.Equal(RpcErrors.UnknownForward, (await session.RefusalOfAsync("forward/diagnose", new ForwardParams("shop/nobody"))).Code);
    }

    [Theory]
    [InlineData("forward/retry")]
    [InlineData("forward/restart")]
    public async Task ForwardRequest_OfAStoppedForward_IsRefused(string method)
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.Forwards.Add(Snapshots.Active());
        session.Engine.IsRunning = false;

        var refusal = await session.RefusalOfAsync(method, new ForwardParams("shop/web"));

        Assert.Equal(RpcErrors.ForwardNotRunning, refusal.Code);
    }

    [Fact]
    public async Task Browse_OfACluster_AnswersWhatTheEngineFinds()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.OnBrowse = (query, _) => Task.FromResult(new BrowseResult([query.Context!], "kind", ["default"], "default",
            [new(WorkloadType.Service, "web", null, [new("http", 80, ForwardProtocol.Tcp)])]));

        var result = await session.RequestAsync<BrowseResult>("cluster/browse", new BrowseParams(null, "kind", "default"));

        Assert.Equal(["kind"], result.Contexts);
        Assert.Equal(new BrowsePort("http", 80, ForwardProtocol.Tcp), Assert.Single(Assert.Single(result.Workloads).Ports));
    }

    [Fact]
    public async Task Browse_OfAClusterThatFails_IsRefusedWithItsFault()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        session.Engine.OnBrowse = (_, _) => throw new ForwardException(new(FaultKind.ContextNotFound, "There is no context 'x'.", "Pick another."));

        var refusal = await session.RefusalOfAsync("cluster/browse", new BrowseParams(null, "x"));

        Assert.Equal(RpcErrors.ClusterUnavailable, refusal.Code);
        Assert.Equal("There is no context 'x'.", refusal.Message);
        Assert.Equal(
            """{"kind":"contextNotFound","message":"There is no context 'x'.","hint":"Pick another."}""",
            refusal.Data?.GetRawText().Replace("\\u0027", "'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("log/setLevel", """{"level":"loud"}""")]
    [InlineData("log/setLevel", """{"level":3}""")]
    [InlineData("log/setLevel", "{}")]
    [InlineData("forward/retry", """{"id":7}""")]
    [InlineData("forward/restart", "{}")]
    [InlineData("workspace/apply", """{"documents":"none"}""")]
    [InlineData("cluster/browse", """{"context":{}}""")]
    public async Task Request_WithParametersThatAreNone_IsRefusedAsInvalid(string method, string parameters)
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        var refusal = await session.RefusalOfAsync(method, Parameters.Of(parameters));

        Assert.Equal((int)StreamJsonRpc.Protocol.JsonRpcErrorCode.InvalidParams, refusal.Code);
        Assert.StartsWith($"The parameters of {method} are not valid", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_OfAnUnknownMethod_IsRefused()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        await Assert.ThrowsAsync<RemoteMethodNotFoundException>(() => session.RequestAsync("forward/explode", new ForwardParams("x")));
    }
}
