using System.Threading.Channels;
using Kftray.Relay;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;

namespace Kftray.Sidecar.Tests.Relay;

/// <summary>A pod with a relay whose connections the test plays. Signs of life are answered by themselves, where there is a control port.</summary>
internal sealed class ScriptedRelay : IPodDialer
{
    private readonly Channel<RelayConnection> _dialled = Channel.CreateUnbounded<RelayConnection>();
    private int _beats;

    /// <summary>An old relay has none.</summary>
    public bool HasControlPort { get; set; } = true;

    /// <summary>What the relay says to a sign of life.</summary>
    public RelayStatus Answer { get; set; } = RelayStatus.Ok;

    public int Beats => Volatile.Read(ref _beats);

    public string? Transport => "spdy";

    public PodTarget Target(IPodDialer dialer, string uid = "relay-uid") => new("shop", "relay", uid, 40786, dialer);

    /// <summary>The next connection that is no sign of life.</summary>
    public ValueTask<RelayConnection> NextAsync(CancellationToken timeout) => _dialled.Reader.ReadAsync(timeout);

    public ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken) =>
        ValueTask.FromResult<ISessionLease>(new Lease());

    public ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken)
    {
        var connection = new RelayConnection(target.Port, firstBytes.ToArray());
        if (target.Port == RelayProtocol.DefaultControlPort && !HasControlPort)
        {
            connection.Fail(new(new Fault(FaultKind.ConnectionRefused, "Nothing listens."), ApplicationGotNothing: true));
        }
        else if (target.Port == RelayProtocol.DefaultControlPort && firstBytes.Span[7] == (byte)RelayKind.Heartbeat)
        {
            Interlocked.Increment(ref _beats);
            connection.SendStatus(Answer, "1.0");
        }
        else
        {
            _dialled.Writer.TryWrite(connection);
        }

        return ValueTask.FromResult<IPodStream>(connection);
    }

    public void Abandon(string @namespace, string pod, string uid)
    {
        // Pods are gone when the test says so.
    }

    private sealed class Lease : ISessionLease
    {
        public Task<Fault> Lost { get; } = new TaskCompletionSource<Fault>().Task;

        public TimeSpan? RoundTrip => null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>One connection to a scripted relay: what the client wrote, and what the test lets the relay say.</summary>
internal sealed class RelayConnection(int port, byte[] firstBytes) : MemoryConnection, IPodStream, IDuplexConnection
{
    private readonly Channel<bool> _reads = Channel.CreateUnbounded<bool>();
    private readonly Channel<byte[]> _writes = Channel.CreateUnbounded<byte[]>();

    public int Port => port;

    public byte[] FirstBytes => firstBytes;

    public PodStreamFailure? Failure { get; private set; }

    public void Fail(PodStreamFailure failure)
    {
        Failure = failure;
        SendReset();
    }

    public void SendStatus(RelayStatus status, string text) => Send(Status(status, text));

    public static byte[] Status(RelayStatus status, string text)
    {
        var bytes = new byte[RelayProtocol.MaxStatusLength];
        return bytes[..RelayProtocol.WriteStatus(bytes, status, text)];
    }

    public static byte[] Control(RelayStatus status, string text)
    {
        var bytes = new byte[RelayProtocol.FrameHeaderLength + RelayProtocol.MaxStatusLength];
        return bytes[..RelayProtocol.WriteControlFrame(bytes, status, text)];
    }

    public static byte[] Frame(params byte[] payload)
    {
        var bytes = new byte[RelayProtocol.FrameHeaderLength + payload.Length];
        RelayProtocol.WriteFrameHeader(bytes, payload.Length);
        payload.CopyTo(bytes, RelayProtocol.FrameHeaderLength);
        return bytes;
    }

    /// <summary>Waits until so many reads were begun.</summary>
    public async Task ReadsAsync(int count, CancellationToken timeout)
    {
        for (var seen = 0; seen < count; seen++)
            await _reads.Reader.ReadAsync(timeout);
    }

    ValueTask<ReadOnlyMemory<byte>> IDuplexConnection.ReadAsync(CancellationToken cancellationToken)
    {
        _reads.Writer.TryWrite(true);
        return ReadAsync(cancellationToken);
    }

    /// <summary>What the client writes next, after the first bytes.</summary>
    public ValueTask<byte[]> NextWriteAsync(CancellationToken timeout) => _writes.Reader.ReadAsync(timeout);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await base.WriteAsync(bytes);
        _writes.Writer.TryWrite(bytes.ToArray());
    }
}
