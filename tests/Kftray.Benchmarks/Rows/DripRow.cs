using System.Net.Sockets;
using Kftray.Benchmarks.Harness;

namespace Kftray.Benchmarks.Rows;

/// <summary>
/// The load of a day's work: one connection, and a message there and back now and then. What a forwarder spends between the messages shows here, and
/// not under full load.
/// </summary>
internal sealed class DripRow : IRow
{
    private const int PerSecond = 200;

    private const int Messages = PerSecond * 5;

    public string Name => "drip";

    public Application Application => Application.Echo;

    public async Task<IReadOnlyList<Figure>> MeasureAsync(Subject subject, Pace pace, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(subject.Address, cancellationToken);
        await AskAsync(socket, cancellationToken);

        var times = new List<double>(Messages);
        var cpu = subject.Running?.CpuSeconds ?? 0;
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / PerSecond));
        for (var i = 0; i < Messages; i++)
        {
            await clock.WaitForNextTickAsync(cancellationToken);
            times.Add((await AskAsync(socket, cancellationToken)).TotalMilliseconds);
        }

        List<Figure> figures = [new($"a message there and back, {PerSecond}/s on one connection: p50 [ms]", Statistics.Median(times), false)];
        if (subject.Running is { } running)
            figures.Add(new($"a message there and back, {PerSecond}/s on one connection: CPU ms each", (running.CpuSeconds - cpu) * 1000 / Messages, false));
        return figures;
    }

    /// <exception cref="EndOfStreamException">The connection ended.</exception>
    private static async Task<TimeSpan> AskAsync(Socket socket, CancellationToken cancellationToken)
    {
        var answer = new byte[5];
        var began = TimeProvider.System.GetTimestamp();
        await socket.SendAsync("hello"u8.ToArray(), cancellationToken);
        for (var got = 0; got < answer.Length;)
        {
            var count = await socket.ReceiveAsync(answer.AsMemory(got), cancellationToken);
            got += count > 0 ? count : throw new EndOfStreamException("The connection ended without an answer.");
        }

        return TimeProvider.System.GetElapsedTime(began);
    }
}
