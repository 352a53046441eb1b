using System.Net;
using System.Net.Sockets;

namespace Kftray.Relay;

/// <summary>The whole relay: its two ports, and when it ends.</summary>
internal sealed class RelayServer
{
    /// <summary>Places at the control port beyond the flows': heartbeats, and those who have not said yet what they want.</summary>
    private const int SparePlaces = 64;

    private readonly RelayContext _context;
    private readonly Doorway _compatible;
    private readonly Doorway? _control;

    private RelayServer(RelayContext context, Doorway compatible, Doorway? control) => (_context, _compatible, _control) = (context, compatible, control);

    public EndPoint CompatibleAddress => _compatible.Address;

    /// <summary>Binds the ports.</summary>
    /// <exception cref="SocketException">The compatible port cannot be bound. Without the control port the relay serves on.</exception>
    public static RelayServer Open(RelayOptions options, Target target, RelayLog log, TimeProvider time)
    {
        var context = new RelayContext(options, target, log, time);
        var compatible = Doorway.Bind(
            options.ListenAddress, options.LocalPort, int.MaxValue, context, (client, stopping) => new CompatibleConnection(client, context).RunAsync(stopping));
        var control = OpenControl(context);
        log.Line($"version {Product.Version}, {options.ProxyType} to {target}, listening on {compatible.Address}, control port {control?.Address.ToString() ?? "none"}");
        return new RelayServer(context, compatible, control);
    }

    /// <summary>Serves until it is cancelled, or until nobody has spoken to it for its time; then everything is closed.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        using var idleExit = WatchIdle(ending);
        await Task.WhenAll(_compatible.RunAsync(ending.Token), _control?.RunAsync(ending.Token) ?? Task.CompletedTask);
        _context.Log.Line($"{(stopping.IsCancellationRequested ? "told to end" : "ends, since nobody speaks to it")}; counted: {_context.Log.Totals()}");
    }

    private static Doorway? OpenControl(RelayContext context)
    {
        var options = context.Options;
        if (options.ControlPort == 0)
            return null;
        try
        {
            return Doorway.Bind(
                options.ControlAddress, options.ControlPort, options.MaxFlows + SparePlaces, context,
                (client, stopping) => new ControlConnection(client, context).RunAsync(stopping));
        }
        catch (SocketException error)
        {
            context.Log.Line($"the control port {options.ControlPort} cannot be bound ({error.SocketErrorCode}); serving without it");
            return null;
        }
    }

    private IdleTimer? WatchIdle(CancellationTokenSource ending)
    {
        if (_context.Options.IdleExit == TimeSpan.Zero)
            return null;
        var timer = new IdleTimer(_context.Time, _context.Options.IdleExit, () =>
        {
            // Who speaks the old way knows no heartbeat: that it stays connected must do.
            if (_compatible.Open > 0)
                return false;
            ending.Cancel();
            return true;
        });
        _context.Watch(timer);
        return timer;
    }
}
