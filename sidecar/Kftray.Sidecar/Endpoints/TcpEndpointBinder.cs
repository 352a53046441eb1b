using System.Net;
using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Binds the local side of TCP forwards, and says in words why it could not.</summary>
internal sealed class TcpEndpointBinder(TimeProvider time) : ILocalEndpointBinder
{
    public ILocalEndpoint Bind(ForwardSpec spec)
    {
        var address = spec.LocalAddress == "localhost" ? IPAddress.Loopback : IPAddress.Parse(spec.LocalAddress);
        if (spec.LocalPort != 0 && !spec.NextFreeLocalPort)
            return Listen(address, spec.LocalPort);

        // Any port will do, but the same one each time where possible: people keep it in their notes and their tools.
        foreach (var port in spec.LocalPort == 0 ? StablePort.Candidates(spec.Source, spec.Alias) : StablePort.From(spec.LocalPort))
        {
            try
            {
                return Listen(address, port);
            }
            catch (ForwardException e) when (e.Fault.Kind is FaultKind.PortInUse or FaultKind.PortNotPermitted)
            {
                continue; // Not permitted: Windows keeps whole ranges for itself.
            }
        }

        return Listen(address, 0);
    }

    private TcpEndpoint Listen(IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(512);
            return new TcpEndpoint(socket, time);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ForwardException(FaultOf(e.SocketErrorCode, address, port), e);
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
