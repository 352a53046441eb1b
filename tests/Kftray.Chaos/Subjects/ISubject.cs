using Kftray.Chaos.Judging;
using Kftray.Chaos.World;

namespace Kftray.Chaos.Subjects;

/// <summary>A forwarder under test, with what is expected of it and what it has done.</summary>
internal interface ISubject : IAsyncDisposable
{
    string Name { get; }

    /// <summary>The forwards that it serves.</summary>
    IReadOnlyList<Route> Routes { get; }

    Judge Judge { get; }

    /// <summary>Returns when every forward can be used.</summary>
    Task StartAsync(CancellationToken stopping);

    int PortOf(Route route);

    /// <summary>What its processes hold now.</summary>
    Footprint Measure();
}
