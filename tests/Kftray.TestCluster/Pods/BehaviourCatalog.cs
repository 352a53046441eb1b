using System.Globalization;

namespace Kftray.Testing.Pods;

/// <summary>
/// The behaviours by name, as an annotation or an image says them: <c>name</c> or <c>name:argument</c>. Tests may bring their own.
/// </summary>
internal sealed class BehaviourCatalog(
    IReadOnlyDictionary<string, ConnectionBehaviour> own, IReadOnlyDictionary<string, DatagramBehaviour> ownDatagrams, TimeProvider time)
{
    /// <summary>Nothing listens: a dial is refused.</summary>
    public const string Refuse = "refuse";

    /// <exception cref="ArgumentException">Nobody knows that name.</exception>
    public ConnectionBehaviour Find(string specification)
    {
        if (own.TryGetValue(specification, out var behaviour)) return behaviour;
        var (name, argument) = specification.Split(':', 2) is [var head, var tail] ? (head, tail) : (specification, null);
        return name switch
        {
            "http" => new HttpBehaviour(time).ServeAsync,
            "tcp-echo" or "echo" => SimpleBehaviours.EchoAsync,
            "slow" => SimpleBehaviours.SlowEcho(TimeSpan.FromMilliseconds(Number(argument, 200)), time),
            "resets" => SimpleBehaviours.ResetAfter(Number(argument, 1)),
            "resets-late" => SimpleBehaviours.ResetLate(TimeSpan.FromMilliseconds(Number(argument, 100)), time),
            "closes" => SimpleBehaviours.CloseAsync,
            "silent" or "sink" => SimpleBehaviours.SilentAsync,
            "stalls" => SimpleBehaviours.Stall(time),
            "server-speaks-first" => SimpleBehaviours.SpeakFirstAsync,
            "stream" => SimpleBehaviours.Stream(TimeSpan.FromSeconds(Number(argument, 10)), time),
            "bulk" => BulkBehaviour.ServeAsync,
            _ => throw new ArgumentException($"There is no behaviour \"{specification}\"."),
        };
    }

    /// <summary>The same for UDP ports. A behaviour that is none for datagrams belongs to the pod's TCP ports; beside it, UDP ports echo.</summary>
    public DatagramBehaviour FindDatagram(string specification)
    {
        if (ownDatagrams.TryGetValue(specification, out var behaviour)) return behaviour;
        var (name, argument) = specification.Split(':', 2) is [var head, var tail] ? (head, tail) : (specification, null);
        return name switch
        {
            "udp-sink" => DatagramBehaviours.SinkAsync,
            "udp-replies" => DatagramBehaviours.Replies(Number(argument, 3)),
            "udp-slow" => DatagramBehaviours.Delayed(TimeSpan.FromMilliseconds(Number(argument, 200)), time),
            "udp-pushes" => DatagramBehaviours.Pushes(Number(argument, 3), time),
            _ => DatagramBehaviours.EchoAsync,
        };
    }

    private static int Number(string? argument, int fallback) => argument is null ? fallback : int.Parse(argument, CultureInfo.InvariantCulture);
}
