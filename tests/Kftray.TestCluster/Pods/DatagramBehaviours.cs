using System.Globalization;
using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>UDP applications that fit in a few lines each.</summary>
internal static class DatagramBehaviours
{
    private static readonly TimeSpan PushInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Every datagram goes back to its sender.</summary>
    public static ValueTask EchoAsync(PodDatagram datagram, CancellationToken stopping) => datagram.ReplyAsync(datagram.Payload);

    /// <summary>Counts and says nothing.</summary>
    public static ValueTask SinkAsync(PodDatagram datagram, CancellationToken stopping) => ValueTask.CompletedTask;

    /// <summary>So many replies to every datagram: <c>1:</c> and the payload, <c>2:</c> and the payload …</summary>
    public static DatagramBehaviour Replies(int count) => async (datagram, _) =>
    {
        for (var i = 1; i <= count; i++)
            await datagram.ReplyAsync((byte[])[.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{i}:")), .. datagram.Payload.Span]);
    };

    /// <summary>An echo that thinks first, about each datagram on its own: as a name server that has to ask others.</summary>
    public static DatagramBehaviour Delayed(TimeSpan delay, TimeProvider time) => (datagram, _) =>
    {
        datagram.Later(async (later, stopping) =>
        {
            await Task.Delay(delay, time, stopping);
            await later.ReplyAsync(later.Payload);
        });
        return ValueTask.CompletedTask;
    };

    /// <summary>A sender's first datagram subscribes it: so many datagrams <c>push 1</c>, <c>push 2</c> … come unasked, 50 ms apart.</summary>
    public static DatagramBehaviour Pushes(int count, TimeProvider time) => (datagram, _) =>
    {
        if (datagram.Number > 1) return ValueTask.CompletedTask;
        datagram.Later(async (subscriber, stopping) =>
        {
            for (var i = 1; i <= count; i++)
            {
                await subscriber.ReplyAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"push {i}")));
                await Task.Delay(PushInterval, time, stopping);
            }
        });
        return ValueTask.CompletedTask;
    };
}
