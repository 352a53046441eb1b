using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.PortForward.Channels;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// Finds the way to the pods of one cluster and remembers it. A role may allow one way and forbid another, so only a refusal of all of them
/// is the user's problem.
/// </summary>
internal sealed class TransportChooser(IApiServer server, TimeProvider time, ILogger logger)
{
    /// <summary>A gateway that does not know an upgrade may swallow it without an answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    // In the order of preference: the first needs only `create`, works with every server and costs least; the last cannot half-close.
    private readonly IPodTransport[] _ways =
        [new SpdyUpgrade(server, time, logger), new WebSocketTunnel(server, time, logger), new ChannelsTransport(server, time, logger)];

    private readonly ServerPatience _patience = new(time);
    private volatile IPodTransport? _chosen;

    public static Fault NoAnswer { get; } =
        new(FaultKind.UpgradeRefused, $"The API server did not answer the port-forward within {Deadline.TotalSeconds:0} s.");

    /// <summary>The way that worked last; null before the first.</summary>
    public string? Chosen => _chosen?.Name;

    /// <exception cref="ForwardException">Every way was refused, or none can work now.</exception>
    public async Task<IPodSession> OpenAsync(string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        _patience.ThrowIfAskedFor();
        Fault? refusal = null;
        var chosen = _chosen;
        foreach (var way in _ways.OrderBy(way => way != chosen))
        {
            try
            {
                var session = await OpenAsync(way, @namespace, pod, witness, cancellationToken);
                if (_chosen != way)
                {
                    _chosen = way;
                    logger.TransportChosen(server.Context, way.Name);
                }

                return session;
            }
            catch (TransportRefusedException e)
            {
                logger.SessionRefused(way.Name, @namespace, pod, e.Message);

                // What the way says that worked before is what has changed. Else "forbidden" names what to do; a gateway's refusal of
                // another way only says that there is a gateway.
                if (refusal is null || (chosen is null && e.Fault.Kind == FaultKind.Forbidden))
                    refusal = e.Fault;
            }
        }

        throw new ForwardException(refusal!);
    }

    private async Task<IPodSession> OpenAsync(
        IPodTransport way, string @namespace, string pod, IPathWitness witness, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            return await way.OpenAsync(@namespace, pod, witness, either.Token);
        }
        catch (ForwardException e) when (e.RetryAfter is { } asked)
        {
            _patience.AskedFor(asked, e.Fault);
            throw;
        }
        catch (OperationCanceledException e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TransportRefusedException(NoAnswer, e);
        }
    }
}
