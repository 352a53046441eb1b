using System.IO.Pipelines;
using System.Text.Json;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Rpc;
using Microsoft.Extensions.Logging;
using Nerdbank.Streams;
using StreamJsonRpc;
using StreamJsonRpc.Protocol;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

/// <summary>An editor and a sidecar at the two ends of a pipe in memory.</summary>
internal sealed class RpcSession : IAsyncDisposable
{
    public const string Version = "1.2.3";

    private readonly CancellationTokenSource _stop = new();
    private readonly Stream _editorEnd;
    private readonly RpcLogQueue _logs = new();
    private readonly LoggerFactory _loggers;
    private readonly JsonRpc _editor;
    private readonly Channel<(string Method, JsonElement Parameters)> _notifications = Channel.CreateUnbounded<(string, JsonElement)>();

    private RpcSession()
    {
        var (editorEnd, sidecarEnd) = FullDuplexStream.CreatePair();
        _editorEnd = editorEnd;
        _loggers = new LoggerFactory([_logs], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
        var server = new SidecarServer(Engine, _logs, _loggers, TimeProvider.System, Version);
        Served = server.RunAsync(PipeReader.Create(sidecarEnd), PipeWriter.Create(sidecarEnd), _stop.Token);

        var formatter = new SystemTextJsonFormatter { JsonSerializerOptions = new(ContractJson.Default.Options) };
        _editor = new EditorRpc(new HeaderDelimitedMessageHandler(editorEnd, formatter));
        foreach (var method in new[] { "forwards/changed", "forward/podLog", "log" })
        {
            _editor.AddLocalRpcMethod(
                typeof(Receiver).GetMethod(nameof(Receiver.Receive))!,
                new Receiver(this, method),
                new JsonRpcMethodAttribute(method) { UseSingleObjectParameterDeserialization = true });
        }

        _editor.StartListening();
    }

    public FakeEngine Engine { get; } = new();

    /// <summary>Completes as the sidecar's side of the connection ends.</summary>
    public Task Served { get; }

    public static RpcSession Open() => new();

    public static async Task<RpcSession> OpenInitializedAsync(SidecarLogLevel level = SidecarLogLevel.Off)
    {
        var session = new RpcSession();
        await session.RequestAsync<InitializeResult>("initialize", new InitializeParams(Version, Contract.Protocol.Version, level));
        return session;
    }

    public ILogger CreateLogger(string category) => _loggers.CreateLogger(category);

    public Task<T> RequestAsync<T>(string method, object parameters) => CancellableRequestAsync<T>(method, parameters, CancellationToken.None);

    public Task<T> CancellableRequestAsync<T>(string method, object parameters, CancellationToken cancellationToken) =>
        _editor.InvokeWithParameterObjectAsync<T>(method, parameters, cancellationToken).WaitAsync(Patience.Token);

    public Task RequestAsync(string method, object parameters) =>
        _editor.InvokeWithParameterObjectAsync(method, parameters, Patience.Token).WaitAsync(Patience.Token);

    /// <summary>The error a request is refused with.</summary>
    public async Task<(int Code, string Message, JsonElement? Data)> RefusalOfAsync(string method, object parameters)
    {
        var refusal = await Assert.ThrowsAnyAsync<RemoteRpcException>(() => RequestAsync<JsonElement?>(method, parameters));
        return ((int)refusal.ErrorCode!, refusal.Message, refusal.DeserializedErrorData as JsonElement?);
    }

    /// <summary>The next notification of that method; others are skipped.</summary>
    public async Task<JsonElement> NextAsync(string method)
    {
        while (true)
        {
            var next = await _notifications.Reader.ReadAsync(Patience.Token);
            if (next.Method == method)
                return next.Parameters;
        }
    }

    public bool HasNotification => _notifications.Reader.TryPeek(out _);

    public Task StopAsync() => _stop.CancelAsync();

    public void CloseEditor() => _editor.Dispose();

    public async Task WriteRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await _editorEnd.WriteAsync(bytes, Patience.Token);
        await _editorEnd.FlushAsync(Patience.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _editor.Dispose();
        await Served.WaitAsync(Patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _loggers.Dispose();
        _logs.Dispose();
        _stop.Dispose();
    }

    private sealed class EditorRpc(IJsonRpcMessageHandler messages) : JsonRpc(messages)
    {
        // The data as it stands on the wire.
        protected override Type GetErrorDetailsDataType(JsonRpcError error) => typeof(JsonElement);
    }

    private sealed class Receiver(RpcSession session, string method)
    {
        public void Receive(JsonElement parameters) => session._notifications.Writer.TryWrite((method, parameters.Clone()));
    }
}
