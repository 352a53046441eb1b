using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;

namespace Kftray.Sidecar.Tests.Forwarding;

/// <summary>A set of forwards with everything outside of it played by the test, and a reader of its feed.</summary>
public abstract class ForwardTestBase : TestBase
{
    protected const int Port = 18080;

    private protected ForwardTestBase()
    {
        Set = Own(new ForwardSet(new(Binder, Resolver, Time, Log)));
        Feed = Own(new FeedReader(Set.Feed));
    }

    private protected FakeBinder Binder { get; } = new();

    private protected ScriptedResolver Resolver { get; } = new();

    private protected ScriptedDialer Dialer { get; } = new();

    private protected ForwardSet Set { get; }

    private protected FeedReader Feed { get; }

    private protected static ForwardSpec Spec(string alias, int localPort = Port) => new()
    {
        Id = $"app/{alias}",
        Alias = alias,
        Source = "app",
        Uri = "file:///app/.vscode/kftray.json",
        Service = "api",
        RemotePort = new PortReference(80),
        LocalPort = localPort,
    };

    /// <summary>Applies with all of these enabled.</summary>
    private protected Task ApplyAsync(params ForwardSpec[] specs) =>
        Set.ApplyAsync(specs, specs.Select(spec => spec.Id).ToHashSet(), TimeoutToken).WaitAsync(TimeoutToken);

    /// <summary>One forward, active on pod <c>web-0</c>.</summary>
    private protected async Task<ForwardSpec> ActiveAsync(Func<ForwardSpec, ForwardSpec>? with = null)
    {
        var spec = with?.Invoke(Spec("web")) ?? Spec("web");
        Resolver.Ready(Dialer.Pod("web-0"));
        await ApplyAsync(spec);
        await Feed.Becomes(spec.Id, ForwardStatus.Active, TimeoutToken);
        return spec;
    }

    private protected MemoryConnection Connect(int port = Port) => Binder.Endpoint(port).Connect();

    private protected Task<ForwardSnapshot> Becomes(ForwardStatus status) => Feed.Becomes("app/web", status, TimeoutToken);
}
