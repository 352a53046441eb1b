using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Binds the local side of forwards, and says in words why it could not.</summary>
internal sealed class EndpointBinder(IPortOwners owners, TimeProvider time) : ILocalEndpointBinder
{
    // How far to look for a port to offer instead.
    private const int Neighbours = 50;

    public ILocalEndpoint Bind(ForwardSpec spec)
    {
        var addresses = LocalAddresses.Of(spec.LocalAddress);
        if (spec.LocalPort != 0 && !spec.NextFreeLocalPort)
            return Bind(addresses, spec.LocalPort, spec.Protocol);

        // Any port will do, but the same one each time where possible: people keep it in their notes and their tools.
        foreach (var port in spec.LocalPort == 0 ? StablePort.Candidates(spec.Source, spec.Alias) : StablePort.From(spec.LocalPort))
        {
            try
            {
                return Bind(addresses, port, spec.Protocol);
            }
            catch (ForwardException e) when (e.Fault.Kind is FaultKind.PortInUse or FaultKind.PortNotPermitted)
            {
                continue; // Not permitted: Windows keeps whole ranges for itself.
            }
        }

        return Bind(addresses, 0, spec.Protocol);
    }

    public async Task<Fault> ExplainAsync(ForwardSpec spec, Fault fault, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.PortInUse:
                var listeners = await owners.FindAsync(spec.LocalPort, spec.Protocol, cancellationToken);
                var holder = LocalAddresses.Of(spec.LocalAddress)
                    .Select(address => HolderDescription.InTheWayOf(address, listeners))
                    .FirstOrDefault(listener => listener is not null);
                return BindFaults.InUse(spec.LocalPort, holder is null ? null : HolderDescription.Of(holder), NextFree(spec));
            case FaultKind.PortNotPermitted:
                return await owners.FindReservedAsync(spec.LocalPort, spec.Protocol, cancellationToken) is { } range
                    ? BindFaults.Reserved(spec.LocalPort, range)
                    : fault;
            default:
                return fault;
        }
    }

    private static int? NextFree(ForwardSpec spec)
    {
        var addresses = LocalAddresses.Of(spec.LocalAddress);
        foreach (var port in Enumerable.Range(spec.LocalPort + 1, Neighbours).TakeWhile(port => port <= IPEndPoint.MaxPort))
        {
            try
            {
                foreach (var socket in Listen(addresses, port, spec.Protocol))
                    socket.Dispose();
                return port;
            }
            catch (ForwardException)
            {
                continue; // Taken, or not for us: the next one.
            }
        }

        return null;
    }

    private ILocalEndpoint Bind(IReadOnlyList<IPAddress> addresses, int port, ForwardProtocol protocol) => Listen(addresses, port, protocol) switch
    {
        [var ipv4, var ipv6] => new DualEndpoint(EndpointOn(ipv4), EndpointOn(ipv6)),
        var sockets => EndpointOn(sockets[0]),
    };

    private ILocalEndpoint EndpointOn(IDisposable socket) => socket switch
    {
        IDatagramSocket datagrams => new UdpEndpoint(datagrams, time),
        _ => new TcpEndpoint((Socket)socket, time),
    };

    /// <summary>All of the addresses, on the same port. Where the machine has no IPv6, <c>localhost</c> is IPv4 alone.</summary>
    private static List<IDisposable> Listen(IReadOnlyList<IPAddress> addresses, int port, ForwardProtocol protocol)
    {
        var sockets = new List<IDisposable>();
        try
        {
            foreach (var address in addresses)
            {
                try
                {
                    sockets.Add(Listen(address, port, protocol));
                }
                catch (ForwardException e) when (sockets.Count > 0 && e.Fault.Kind == FaultKind.AddressNotAvailable)
                {
                    break;
                }

                // Any port will do: what the first address got, the others take too.
                port = PortOf(sockets[0]);
            }

            return sockets;
        }
        catch
        {
            sockets.ForEach(socket => socket.Dispose());
            throw;
        }
    }

    private static int PortOf(IDisposable socket) =>
        (socket is IDatagramSocket datagrams ? datagrams.LocalEndPoint : (IPEndPoint)((Socket)socket).LocalEndPoint!).Port;

    private static IDisposable Listen(IPAddress address, int port, ForwardProtocol protocol)
    {
        var place = new IPEndPoint(address, port);
        try
        {
            return protocol == ForwardProtocol.Udp ? new DatagramSocket(place) : Listen(place);
        }
        catch (SocketException e)
        {
            throw new ForwardException(BindFaults.From(e.SocketErrorCode, address, port, BindFaults.ThisSystem), e);
        }
    }

    private static Socket Listen(IPEndPoint place)
    {
        var socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(place);
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
