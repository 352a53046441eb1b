using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using StreamJsonRpc;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// Serves the requests by passing them on; owns nothing but the order of the applies. Methods begin in the order in which the requests
/// arrive, so a request that follows <c>initialize</c> without waiting for its answer passes the gate too.
/// </summary>
internal sealed class SidecarTarget(IEngine engine, Handshake handshake, RpcLogQueue logs, ChannelWriter<PodLogParams> podLogs) : ISidecar
{
    private readonly SerialQueue _applies = new();

    /// <summary>Completes when every apply that arrived has ended.</summary>
    public Task AppliesEnded => _applies.Idle;

    public Task<InitializeResult> InitializeAsync(InitializeParams parameters, CancellationToken cancellationToken)
    {
        var result = handshake.Accept(parameters);
        logs.Level = parameters.LogLevel;
        return Task.FromResult(result);
    }

    public Task<ApplyResult> ApplyAsync(ApplyParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return _applies.RunAsync(() => engine.ApplyAsync(parameters, cancellationToken), cancellationToken);
    }

    public Task RetryAsync(ForwardParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return engine.Retry(Known(parameters.Id)) ? Task.CompletedTask : throw NotRunning(parameters.Id);
    }

    public async Task RestartAsync(ForwardParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        if (!await engine.RestartAsync(Known(parameters.Id)))
            throw NotRunning(parameters.Id);
    }

    public async Task<Diagnosis> DiagnoseAsync(ForwardParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return await engine.DiagnoseAsync(parameters.Id, cancellationToken) ?? throw Unknown(parameters.Id);
    }

    public async Task<FollowLogResult> FollowLogAsync(FollowLogParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return await engine.FollowLogAsync(parameters with { Id = Known(parameters.Id) }, podLogs.WriteAsync, cancellationToken)
            ?? throw NotRunning(parameters.Id);
    }

    public Task<ProbePortResult> ProbePortAsync(ProbePortParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return engine.ProbePortAsync(parameters, cancellationToken);
    }

    public Task<BrowseResult> BrowseAsync(BrowseParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return engine.BrowseAsync(parameters, cancellationToken);
    }

    public Task<RelayListResult> ListRelaysAsync(RelayListParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return engine.ListRelaysAsync(parameters, cancellationToken);
    }

    public Task<RelayRemoveResult> RemoveRelaysAsync(RelayRemoveParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return engine.RemoveRelaysAsync(parameters, cancellationToken);
    }

    public Task<TransferResult> ImportAsync(ImportParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return Task.FromResult(engine.Import(parameters.Text));
    }

    public Task<TransferResult> ExportAsync(ApplyParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return Task.FromResult(engine.Export(parameters));
    }

    public async Task<SignInResult> SignInAsync(ForwardParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        return await engine.SignInAsync(Known(parameters.Id), cancellationToken) ?? throw NotRunning(parameters.Id);
    }

    public Task SetLogLevelAsync(SetLogLevelParams parameters, CancellationToken cancellationToken)
    {
        handshake.Require();
        logs.Level = parameters.Level;
        return Task.CompletedTask;
    }

    private string Known(string id) => engine.Contains(id) ? id : throw Unknown(id);

    private static LocalRpcException Unknown(string id) =>
        new($"No document defines a forward '{id}'.") { ErrorCode = RpcErrors.UnknownForward };

    private static LocalRpcException NotRunning(string id) =>
        new($"The forward '{id}' is not running.") { ErrorCode = RpcErrors.ForwardNotRunning };
}
