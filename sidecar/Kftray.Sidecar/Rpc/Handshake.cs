using Kftray.Sidecar.Contract;
using StreamJsonRpc;

namespace Kftray.Sidecar.Rpc;

/// <summary>The gate of a connection: closed until <c>initialize</c> has agreed on the versions. Opens once.</summary>
internal sealed class Handshake(string sidecarVersion)
{
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the versions agree.</summary>
    public Task Completed => _completed.Task;

    /// <summary>Compares versions and opens the gate.</summary>
    /// <exception cref="LocalRpcException">The versions differ, or the handshake was made before.</exception>
    public InitializeResult Accept(InitializeParams client)
    {
        if (client.ProtocolVersion != Protocol.Version)
        {
            throw Mismatch($"The sidecar speaks protocol {Protocol.Version}, the extension protocol {client.ProtocolVersion}");
        }

        if (client.ClientVersion != sidecarVersion)
        {
            throw Mismatch($"The sidecar is version {sidecarVersion}, the extension version {client.ClientVersion}");
        }

        if (!_completed.TrySetResult())
        {
            throw new LocalRpcException("initialize was already called on this connection.") { ErrorCode = RpcErrors.NotInitialized };
        }

        return new InitializeResult(sidecarVersion, Protocol.Version);
    }

    /// <summary>Passes only after the versions were agreed on.</summary>
    /// <exception cref="LocalRpcException">The gate is closed.</exception>
    public void Require()
    {
        if (!_completed.Task.IsCompletedSuccessfully)
            throw new LocalRpcException("Nothing is served before initialize has succeeded.") { ErrorCode = RpcErrors.NotInitialized };
    }

    private static LocalRpcException Mismatch(string sentence) =>
        new($"{sentence}. Reinstall the extension.") { ErrorCode = RpcErrors.VersionMismatch };
}
