using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Binds the local side of forwards, and says in words why it could not.</summary>
internal sealed class EndpointBinder(TimeProvider time) : ILocalEndpointBinder
{
    public ILocalEndpoint Bind(ForwardSpec spec)
    {
        var address = spec.LocalAddress == "localhost" ? IPAddress.Loopback : IPAddress.Parse(spec.LocalAddress);
        if (spec.LocalPort != 0)
            return Bind(spec.Protocol, new IPEndPoint(address, spec.LocalPort));

        // Any port will do, but the same one each time where possible: people keep it in their notes and their tools.
        foreach (var port in StablePort.Candidates(spec.Source, spec.Alias))
        {
            try
            {
                return Bind(spec.Protocol, new IPEndPoint(address, port));
            }
            catch (ForwardException e) when (e.Fault.Kind is FaultKind.PortInUse or FaultKind.PortNotPermitted)
            {
                continue; // Not permitted: Windows keeps whole ranges for itself.
            }
        }

        return Bind(spec.Protocol, new IPEndPoint(address, 0));
    }

    private ILocalEndpoint Bind(ForwardProtocol protocol, IPEndPoint place)
    {
        try
        {
            return protocol switch
            {
                ForwardProtocol.Tcp => new TcpEndpoint(Listen(place), time),
                ForwardProtocol.Udp => new UdpEndpoint(new DatagramSocket(place), time),
                _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol."),
            };
        }
        catch (SocketException e)
        {
            throw new ForwardException(FaultOf(e.SocketErrorCode, place.Address, place.Port), e);
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

    private static Fault FaultOf(SocketError error, IPAddress address, int port) => error switch
    {
        SocketError.AddressAlreadyInUse => new Fault(
            FaultKind.PortInUse, $"Port {port} is in use.", "Pick another local_port, or stop the process that holds it."),
        SocketError.AccessDenied => new Fault(
            FaultKind.PortNotPermitted, $"Port {port} may not be opened by this user.", "Pick a local_port above 1023."),
        SocketError.AddressNotAvailable => new Fault(
            FaultKind.AddressNotAvailable, $"This machine has no address {address}.", "Remove local_address to listen on 127.0.0.1."),
        _ => new Fault(FaultKind.Unknown, $"Port {port} could not be opened: {error}."),
    };
}
