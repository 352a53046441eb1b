using System.Text.Json;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Microsoft.Extensions.Logging;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// One JSON-RPC connection. Holds what concerns every message: an error reply has a code and a sentence but never a stack trace (that goes to
/// the log), and a notification is awaited until it is written.
/// </summary>
internal sealed class SidecarConnection(IJsonRpcMessageHandler messages, ILogger<SidecarConnection> logger) : JsonRpc(messages)
{
    /// <summary>Sends a notification whose parameters are the record itself, not a record inside an argument.</summary>
    /// <returns>Completes when it was written: whoever awaits it feels a reader that is slow.</returns>
    public Task SendAsync(string method, JsonElement parameters)
    {
        var named = parameters.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value);
        return NotifyWithParameterObjectAsync(method, named, null);
    }

    protected override JsonRpcError.ErrorDetail CreateErrorDetails(JsonRpcRequest request, Exception exception)
    {
        switch (exception)
        {
            case LocalRpcException or OperationCanceledException:
                return base.CreateErrorDetails(request, exception);
            case ForwardException { Fault: var fault }:
                return new() { Code = (JsonRpcErrorCode)RpcErrors.ClusterUnavailable, Message = fault.Message, Data = fault };
            case JsonException:
                // Handlers classify what they read from elsewhere: this is about the parameters.
                return new() { Code = JsonRpcErrorCode.InvalidParams, Message = $"The parameters of {request.Method} are not valid: {exception.Message}" };
            default:
                logger.RequestFailed(request.Method, exception);
                return new() { Code = JsonRpcErrorCode.InternalError, Message = $"{request.Method} failed: {exception.Message}" };
        }
    }
}
