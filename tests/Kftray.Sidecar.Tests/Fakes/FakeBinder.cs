using System.Net;
using System.Threading.Channels;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Xunit;

namespace Kftray.Sidecar.Tests.Fakes;

/// <summary>Local ports in memory: a port is held by one endpoint at a time, and by whomever the test says.</summary>
internal sealed class FakeBinder : ILocalEndpointBinder
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, FakeEndpoint> _bound = [];
    private readonly Dictionary<int, Fault> _faults = [];
    private int _nextFree = 40000;
    private int _attempts;

    /// <summary>Ports that are held right now.</summary>
    public IReadOnlyList<int> Bound
    {
        get
        {
            lock (_lock)
                return [.. _bound.Keys.Order()];
        }
    }

    public int Attempts
    {
        get
        {
            lock (_lock)
                return _attempts;
        }
    }

    /// <summary>Thrown by every bind when set: something the seam does not foresee.</summary>
    public Exception? Unexpected { get; set; }

    /// <summary>Somebody else holds the port, or it may not be opened. Null: it is free.</summary>
    public void SetFault(int port, Fault? fault)
    {
        lock (_lock)
        {
            if (fault is null)
                _faults.Remove(port);
            else
                _faults[port] = fault;
        }
    }

    public FakeEndpoint Endpoint(int port)
    {
        lock (_lock)
            return _bound[port];
    }

    public ILocalEndpoint Bind(ForwardSpec spec)
    {
        lock (_lock)
        {
            _attempts++;
            if (Unexpected is not null)
                throw Unexpected;
            var port = spec.LocalPort == 0 ? _nextFree++ : spec.LocalPort;
            if (_faults.TryGetValue(port, out var fault))
                throw new ForwardException(fault);
            if (_bound.ContainsKey(port))
                throw new ForwardException(new Fault(FaultKind.PortInUse, $"Port {port} is in use."));
            return _bound[port] = new FakeEndpoint(port, Release);
        }
    }

    private void Release(int port)
    {
        lock (_lock)
            _bound.Remove(port);
    }
}

internal sealed class FakeEndpoint(int port, Action<int> release) : ILocalEndpoint
{
    private readonly Channel<MemoryConnection> _clients = Channel.CreateUnbounded<MemoryConnection>();

    public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, port);

    /// <summary>A client connects.</summary>
    public MemoryConnection Connect()
    {
        var client = new MemoryConnection();
        Assert.True(_clients.Writer.TryWrite(client), "Nobody listens any more.");
        return client;
    }

    /// <summary>Accepting throws from now on.</summary>
    public void Break(Exception exception) => _clients.Writer.TryComplete(exception);

    public async ValueTask<IDuplexConnection> AcceptAsync(CancellationToken stopping)
    {
        try
        {
            return await _clients.Reader.ReadAsync(stopping);
        }
        catch (ChannelClosedException e) when (e.InnerException is { } broken)
        {
            throw broken;
        }
    }

    public ValueTask DisposeAsync()
    {
        _clients.Writer.TryComplete();
        release(port);
        return ValueTask.CompletedTask;
    }
}
