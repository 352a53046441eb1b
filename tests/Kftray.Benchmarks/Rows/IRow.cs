using System.Net;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>One figure of a measurement.</summary>
/// <param name="Name">As the table says it, with the unit.</param>
/// <param name="MoreIsBetter">Null for what is not compared.</param>
internal sealed record Figure(string Name, double Value, bool? MoreIsBetter = null, string? Note = null);

/// <summary>Where a measurement sends its traffic; <paramref name="Running"/> is null without a forwarder.</summary>
internal sealed record Subject(string Name, IPEndPoint Address, Running? Running);

/// <summary>What is behind the forward that a row needs.</summary>
internal enum Application
{
    Http,
    Iperf,
    Echo,
}

/// <summary>A row, or several from one measurement, of the table.</summary>
internal interface IRow
{
    /// <summary>As <c>--rows</c> takes it.</summary>
    string Name { get; }

    Application Application { get; }

    /// <summary>A program that must be there; null when none.</summary>
    string? Needs => null;

    /// <summary>Added to the way to the API server.</summary>
    TimeSpan RoundTrip => TimeSpan.Zero;

    /// <summary>False where a forwarder may be left unusable by the measurement, so that the next one needs a new process.</summary>
    bool LeavesForwarderUsable => true;

    bool MeasuresDirect => true;

    Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken);
}

/// <summary>How long one measurement takes.</summary>
/// <param name="Stream">Of datagrams, which must be long enough that no buffer holds what is too much.</param>
internal sealed record Pace(TimeSpan Load, TimeSpan Stream, int Samples)
{
    public int Seconds => (int)Math.Ceiling(Load.TotalSeconds);
}
