using Kftray.Sidecar.Contract;
using PolyType;
using StreamJsonRpc;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// The requests of the protocol, <c>noun/verb</c>. Each takes one object. What goes wrong with a forward is its state, not an error here: errors are
/// for requests that could not be understood or served (<see cref="RpcErrors"/>).
/// </summary>
[JsonRpcContract]
[GenerateShape(IncludeMethods = MethodShapeFlags.PublicInstance)]
internal partial interface ISidecar
{
    [JsonRpcMethod("initialize", UseSingleObjectParameterDeserialization = true)]
    Task<InitializeResult> InitializeAsync(InitializeParams parameters, CancellationToken cancellationToken);

    /// <remarks>Served one at a time, in order of arrival.</remarks>
    [JsonRpcMethod("workspace/apply", UseSingleObjectParameterDeserialization = true)]
    Task<ApplyResult> ApplyAsync(ApplyParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("forward/retry", UseSingleObjectParameterDeserialization = true)]
    Task RetryAsync(ForwardParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("forward/restart", UseSingleObjectParameterDeserialization = true)]
    Task RestartAsync(ForwardParams parameters, CancellationToken cancellationToken);

    /// <remarks>Takes seconds where something does not answer. Changes nothing in the cluster.</remarks>
    [JsonRpcMethod("forward/diagnose", UseSingleObjectParameterDeserialization = true)]
    Task<Diagnosis> DiagnoseAsync(ForwardParams parameters, CancellationToken cancellationToken);

    /// <remarks>The pieces come as <c>forward/podLog</c>. Answers when the pod's log has ended; cancelling ends it earlier.</remarks>
    [JsonRpcMethod("forward/followLog", UseSingleObjectParameterDeserialization = true)]
    Task<FollowLogResult> FollowLogAsync(FollowLogParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("port/probe", UseSingleObjectParameterDeserialization = true)]
    Task<ProbePortResult> ProbePortAsync(ProbePortParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("cluster/browse", UseSingleObjectParameterDeserialization = true)]
    Task<BrowseResult> BrowseAsync(BrowseParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("relay/list", UseSingleObjectParameterDeserialization = true)]
    Task<RelayListResult> ListRelaysAsync(RelayListParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("relay/remove", UseSingleObjectParameterDeserialization = true)]
    Task<RelayRemoveResult> RemoveRelaysAsync(RelayRemoveParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("config/import", UseSingleObjectParameterDeserialization = true)]
    Task<TransferResult> ImportAsync(ImportParams parameters, CancellationToken cancellationToken);

    /// <remarks>Takes what an apply takes, and changes nothing.</remarks>
    [JsonRpcMethod("config/export", UseSingleObjectParameterDeserialization = true)]
    Task<TransferResult> ExportAsync(ApplyParams parameters, CancellationToken cancellationToken);

    /// <remarks>For all forwards of the cluster that the forward leads to. Answers when the sign-in has ended, which may take minutes.</remarks>
    [JsonRpcMethod("cluster/signIn", UseSingleObjectParameterDeserialization = true)]
    Task<SignInResult> SignInAsync(ForwardParams parameters, CancellationToken cancellationToken);

    [JsonRpcMethod("log/setLevel", UseSingleObjectParameterDeserialization = true)]
    Task SetLogLevelAsync(SetLogLevelParams parameters, CancellationToken cancellationToken);
}
