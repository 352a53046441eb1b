using System.Net;
using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>The local side of a forward: owns the bound port from creation to disposal and yields connections.</summary>
internal interface ILocalEndpoint : IAsyncDisposable
{
    /// <summary>Where it listens, with the real port.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>The next connection. Ends only by cancellation.</summary>
    ValueTask<IDuplexConnection> AcceptAsync(CancellationToken stopping);
}

/// <summary>Binds local endpoints.</summary>
internal interface ILocalEndpointBinder
{
    /// <summary>Binds and listens.</summary>
    /// <exception cref="ForwardException">The port is in use, not permitted, or the address does not exist here.</exception>
    ILocalEndpoint Bind(ForwardSpec spec);

    /// <summary>Finds out more about why <see cref="Bind"/> failed: who holds the port, which one is free. Takes its time.</summary>
    /// <returns>The same fault when nothing more is known.</returns>
    Task<Fault> ExplainAsync(ForwardSpec spec, Fault fault, CancellationToken cancellationToken) => Task.FromResult(fault);
}
