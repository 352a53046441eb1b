using System.Net;
using Kftray.Testing.Network;

namespace Kftray.Testing.Pods;

/// <summary>
/// What an application does with one datagram. Its port takes the next one when this returns; what takes longer is handed to
/// <see cref="PodDatagram.Later"/>.
/// </summary>
public delegate ValueTask DatagramBehaviour(PodDatagram datagram, CancellationToken stopping);

/// <summary>A datagram that an application has received.</summary>
public sealed class PodDatagram
{
    private readonly DatagramListener _listener;
    private readonly SocketAddress _sender;

    internal PodDatagram(DatagramListener listener, SocketAddress sender, ReadOnlyMemory<byte> payload, long number)
    {
        (_listener, _sender, Payload, Number) = (listener, sender, payload, number);
    }

    /// <summary>Lent until the behaviour returns.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>How many this sender has sent so far, with this one.</summary>
    public long Number { get; }

    public ValueTask ReplyAsync(ReadOnlyMemory<byte> payload) => _listener.SendAsync(_sender, payload);

    /// <summary>Goes on with a copy while the port takes other datagrams; ends with the pod.</summary>
    public void Later(Func<PodDatagram, CancellationToken, Task> act) =>
        _listener.Run(new PodDatagram(_listener, _sender.Copy(), Payload.ToArray(), Number), act);
}
