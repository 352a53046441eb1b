using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;
using StreamJsonRpc;

namespace Kftray.Sidecar.Rpc;

/// <summary>Serves one editor over one pipe, from the first byte to the end of the pipe. The engine is not its own.</summary>
internal sealed class SidecarServer(IEngine engine, RpcLogQueue logs, ILoggerFactory loggers, TimeProvider time, string version)
{
    // Cancelled requests end at once; only a write that an editor never reads could take longer.
    private static readonly TimeSpan ClosingTimeout = TimeSpan.FromMilliseconds(300);

    /// <summary>Pieces of pods' logs that may wait for the editor; then their pods wait.</summary>
    private const int PodLogCapacity = 16;

    private readonly ILogger<SidecarServer> _logger = loggers.CreateLogger<SidecarServer>();

    /// <summary>Returns when the editor has closed the pipe or <paramref name="stopping"/> says so.</summary>
    /// <exception cref="Exception">The pipe broke, or carried something that is no message.</exception>
    public async Task RunAsync(PipeReader input, PipeWriter output, CancellationToken stopping)
    {
        var handshake = new Handshake(version);
        var podLogs = Channel.CreateBounded<PodLogParams>(PodLogCapacity);
        var target = new SidecarTarget(engine, handshake, logs, podLogs.Writer);
        var messages = new HeaderDelimitedMessageHandler(output, input, CreateFormatter());
        using var connection = new SidecarConnection(messages, loggers.CreateLogger<SidecarConnection>())
        {
            CancelLocallyInvokedMethodsWhenConnectionIsClosed = true,
        };
        connection.AddLocalRpcTarget(RpcTargetMetadata.FromShape<ISidecar>(), target, null);
        connection.StartListening();

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var notifications = NotifyAsync(connection, handshake, podLogs.Reader, ended.Token);
        try
        {
            // Without notifications the editor would show a lie: whichever ends first ends the service.
            var first = await Task.WhenAny(connection.Completion, notifications).WaitAsync(stopping);
            await first;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Asked to stop: not a failure.
        }
        finally
        {
            await ended.CancelAsync();
            connection.Dispose();
            await Task.WhenAll(notifications, target.AppliesEnded)
                .WaitAsync(ClosingTimeout, time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task NotifyAsync(SidecarConnection connection, Handshake handshake, ChannelReader<PodLogParams> podLogs, CancellationToken ended)
    {
        try
        {
            await handshake.Completed.WaitAsync(ended);
            _logger.ClientConnected(version);
            await await Task.WhenAny(
                SendChangesAsync(connection, ended), SendLogsAsync(connection, ended), SendPodLogsAsync(connection, podLogs, ended));
        }
        catch (Exception e) when (ended.IsCancellationRequested || e is ConnectionLostException or ObjectDisposedException)
        {
            // The pipe is gone and nobody is left to notify. Why it went, Completion says.
            await connection.Completion;
        }
    }

    private async Task SendChangesAsync(SidecarConnection connection, CancellationToken ended)
    {
        await foreach (var change in engine.ReadChangesAsync(ended))
            await connection.SendAsync("forwards/changed", JsonSerializer.SerializeToElement(change, ContractJson.Default.ForwardsChangedParams));
    }

    private async Task SendLogsAsync(SidecarConnection connection, CancellationToken ended)
    {
        await foreach (var line in logs.ReadAllAsync(ended))
            await connection.SendAsync("log", JsonSerializer.SerializeToElement(line, ContractJson.Default.LogParams));
    }

    private static async Task SendPodLogsAsync(SidecarConnection connection, ChannelReader<PodLogParams> podLogs, CancellationToken ended)
    {
        await foreach (var piece in podLogs.ReadAllAsync(ended))
            await connection.SendAsync("forward/podLog", JsonSerializer.SerializeToElement(piece, ContractJson.Default.PodLogParams));
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Every type on the wire has source-generated metadata.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Every type on the wire has source-generated metadata.")]
    private static SystemTextJsonFormatter CreateFormatter() => new() { JsonSerializerOptions = new(ContractJson.Default.Options) };
}
