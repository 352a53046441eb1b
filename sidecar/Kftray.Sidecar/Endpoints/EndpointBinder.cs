using System.Collections.Frozen;
using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Binds the local side of forwards, and says in words why it could not.</summary>
internal sealed class EndpointBinder(IPortOwners owners, TimeProvider time) : ILocalEndpointBinder
{
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

    public Task<Fault> ExplainAsync(ForwardSpec spec, Fault fault, CancellationToken cancellationToken) =>
        ExplainAsync(new(spec.LocalAddress, spec.LocalPort, spec.Protocol), fault, FrozenSet<int>.Empty, cancellationToken);

    /// <param name="forwards">What they want or hold is not offered; what the asking one holds is free for it.</param>
    public async Task<ProbePortResult> ProbeAsync(ProbePortParams asked, IReadOnlyList<ForwardSnapshot> forwards, CancellationToken cancellationToken)
    {
        var place = new LocalPlace(asked.Address ?? IPAddress.Loopback.ToString(), asked.Port, asked.Protocol);
        var holds = forwards.Any(own =>
            own.Id == asked.Id && own.LocalPort == asked.Port && own.Status is ForwardStatus.Starting or ForwardStatus.Active or ForwardStatus.Reconnecting);
        if (asked.Port == 0 || holds)
            return new(null, asked.Port);

        var wanted = forwards.Where(other => other.Id != asked.Id).Select(other => other.LocalPort).ToHashSet();
        var fault = Refusal(place) is { } refusal ? await ExplainAsync(place, refusal, wanted, cancellationToken) : null;
        return new(fault, fault is null && !wanted.Contains(asked.Port) ? asked.Port : fault?.FreePort ?? NextFree(place, wanted));
    }

    private async Task<Fault> ExplainAsync(LocalPlace place, Fault fault, IReadOnlySet<int> wanted, CancellationToken cancellationToken)
    {
        var (address, port, protocol) = place;
        switch (fault.Kind)
        {
            case FaultKind.PortInUse:
                var listeners = await owners.FindAsync(port, protocol, cancellationToken);
                var holder = LocalAddresses.Of(address)
                    .Select(one => HolderDescription.InTheWayOf(one, listeners))
                    .FirstOrDefault(listener => listener is not null);
                return BindFaults.InUse(port, holder is null ? null : HolderDescription.Of(holder), NextFree(place, wanted));
            case FaultKind.PortNotPermitted:
                return await owners.FindReservedAsync(port, protocol, cancellationToken) is { } range ? BindFaults.Reserved(port, range) : fault;
            default:
                return fault;
        }
    }

    /// <summary>Only a listener that is tried can tell.</summary>
    private static Fault? Refusal(LocalPlace place)
    {
        try
        {
            foreach (var socket in Listen(LocalAddresses.Of(place.Address), place.Port, place.Protocol))
                socket.Dispose();
            return null;
        }
        catch (ForwardException e)
        {
            return e.Fault;
        }
    }

    private static int? NextFree(LocalPlace place, IReadOnlySet<int> wanted) =>
        StablePort.From(place.Port).Skip(1).Where(port => !wanted.Contains(port)).Select(port => (int?)port)
            .FirstOrDefault(port => Refusal(place with { Port = port!.Value }) is null);

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

    private readonly record struct LocalPlace(string Address, int Port, ForwardProtocol Protocol);
}
