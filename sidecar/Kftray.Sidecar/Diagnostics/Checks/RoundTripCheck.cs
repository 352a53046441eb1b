using System.Globalization;
using System.Net;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Endpoints;
using Kftray.Sidecar.Endpoints.Owners;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Diagnostics.Checks;

/// <summary>
/// One connection from a local client to the application and back: through the forward if it runs, else through one of the same making that
/// lives for as long as the check.
/// </summary>
internal sealed class RoundTripCheck(ForwardDependencies dependencies) : Check(DiagnosisLink.RoundTrip, DiagnosisLink.Application, DiagnosisLink.LocalPort)
{
    // A web server answers; others may learn late that their client has nothing to say, see half_close_grace_seconds.
    private static readonly TimeSpan HttpPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public override string Title(Examination examination) => "Round trip";

    public override Fault SilenceOf(Examination examination) =>
        new(FaultKind.ConnectionLost, $"The forward did not take a connection within {Limit.TotalSeconds:0} s.");

    public override async Task<Finding> RunAsync(Examination examination, CancellationToken cancellationToken)
    {
        var spec = examination.Spec;
        if (examination.IsListening)
            return await AskAsync(examination, spec, new(LocalAddresses.Of(spec.LocalAddress)[0], examination.Snapshot.LocalPort), cancellationToken);

        var copy = spec with { Id = $"{spec.Id} (doctor)", Alias = $"{spec.Alias} (doctor)", LocalAddress = "127.0.0.1", LocalPort = 0, HalfCloseGrace = TimeSpan.Zero };
        var feed = new ForwardFeed(dependencies.Time);
        var forward = new Forward(copy, dependencies, feed);
        forward.Start();
        try
        {
            return await AskAsync(examination, copy, new(IPAddress.Loopback, await PortOfAsync(feed, cancellationToken)), cancellationToken);
        }
        finally
        {
            await forward.StopAsync();
        }
    }

    private async Task<Finding> AskAsync(Examination examination, ForwardSpec spec, IPEndPoint place, CancellationToken cancellationToken)
    {
        // What is bound to all addresses is reached by the loopback one.
        if (HolderDescription.IsAny(place.Address))
            place = new(place.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : IPAddress.IPv6Loopback, place.Port);
        var isHttp = spec.Open == OpenScheme.Http;
        var patience = isHttp ? HttpPatience : Patience + (4 * examination.RoundTrip);
        var reply = await LocalClient.AskAsync(place, isHttp, patience, dependencies.Time, cancellationToken);
        var took = string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, reply.Took.TotalMilliseconds):0} ms");
        return reply.Kind switch
        {
            ReplyKind.Answered => Finding.Pass($"Answered through {place}{(reply.Line is null ? "" : $" with {reply.Line}")} after {took}."),
            ReplyKind.Ended => Finding.Pass($"A connection through {place} was opened and ended by the application after {took}."),
            ReplyKind.Silent => Finding.Pass(string.Create(CultureInfo.InvariantCulture,
                $"A connection through {place} was taken and kept, {Math.Max(1, examination.RoundTrip.TotalMilliseconds):0} ms from the pod's node; the application waits for its client to speak.")),
            _ => Finding.Fail(new(FaultKind.ConnectionLost, $"A connection through {place} was reset after {took}.",
                "The application may want another protocol; its log says why it resets.")),
        };
    }

    private static async Task<int> PortOfAsync(ForwardFeed feed, CancellationToken cancellationToken)
    {
        await foreach (var change in feed.ReadAllAsync(cancellationToken))
        {
            foreach (var snapshot in change.Snapshots)
            {
                if (snapshot.Fault is { } fault && snapshot.Status == ForwardStatus.Failed)
                    throw new ForwardException(fault);
                if (snapshot.Status is ForwardStatus.Active or ForwardStatus.Reconnecting)
                    return snapshot.LocalPort;
            }
        }

        throw new InvalidOperationException("The feed ended by itself.");
    }
}
