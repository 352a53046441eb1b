using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kftray.Testing.Pods;

/// <summary>Applications that fit in a few lines each.</summary>
internal static class SimpleBehaviours
{
    private const int BufferSize = 64 * 1024;

    private static readonly TimeSpan StreamInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Sends everything back, and ends when the client has ended.</summary>
    public static Task EchoAsync(PodConnection connection, CancellationToken stopping) =>
        ForEachChunkAsync(connection, chunk => connection.SendAsync(chunk, stopping), stopping);

    /// <summary>Reads everything and says nothing.</summary>
    public static Task SilentAsync(PodConnection connection, CancellationToken stopping) =>
        ForEachChunkAsync(connection, _ => ValueTask.CompletedTask, stopping);

    /// <summary>Ends every connection as soon as it is there.</summary>
    public static Task CloseAsync(PodConnection connection, CancellationToken stopping) => Task.CompletedTask;

    /// <summary>A greeting, as mail and database servers send it, then an echo.</summary>
    public static async Task SpeakFirstAsync(PodConnection connection, CancellationToken stopping)
    {
        await connection.SendAsync(Encoding.ASCII.GetBytes($"220 {connection.PodName} ready\r\n"), stopping);
        await EchoAsync(connection, stopping);
    }

    /// <summary>An echo that thinks before every answer.</summary>
    public static ConnectionBehaviour SlowEcho(TimeSpan delay, TimeProvider time) => (connection, stopping) =>
        ForEachChunkAsync(
            connection,
            async chunk =>
            {
                await Task.Delay(delay, time, stopping);
                await connection.SendAsync(chunk, stopping);
            },
            stopping);

    /// <summary>Never reads a byte.</summary>
    public static ConnectionBehaviour Stall(TimeProvider time) => (_, stopping) => Task.Delay(Timeout.InfiniteTimeSpan, time, stopping);

    /// <summary>Resets the connection once so many bytes have come; 0 at once.</summary>
    public static ConnectionBehaviour ResetAfter(int bytes) => async (connection, stopping) =>
    {
        var buffer = new byte[BufferSize];
        while (connection.BytesReceived < bytes && await connection.ReceiveAsync(buffer, stopping) > 0)
        {
        }

        connection.Reset();
    };

    /// <summary>
    /// Resets after a time, whatever the client does. One that comes with the connection may be there before the connect is looked at, and is a
    /// refusal then.
    /// </summary>
    public static ConnectionBehaviour ResetLate(TimeSpan after, TimeProvider time) => async (connection, stopping) =>
    {
        await Task.Delay(after, time, stopping);
        connection.Reset();
    };

    /// <summary>
    /// After the first line, or the client's end where the runtime passes that on, a numbered line every 100 ms for a while, then "end".
    /// </summary>
    public static ConnectionBehaviour Stream(TimeSpan duration, TimeProvider time) => async (connection, stopping) =>
    {
        var buffer = new byte[BufferSize];
        int count;
        do count = await connection.ReceiveAsync(buffer, stopping);
        while (count > 0 && !buffer.AsSpan(0, count).Contains((byte)'\n'));
        var lines = (int)(duration / StreamInterval);
        for (var i = 1; i <= lines; i++)
        {
            await Task.Delay(StreamInterval, time, stopping);
            await connection.SendAsync(Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture) + "\n"), stopping);
        }

        await connection.SendAsync("end\n"u8.ToArray(), stopping);
        connection.EndSending();
        await SilentAsync(connection, stopping);
    };

    private static async Task ForEachChunkAsync(PodConnection connection, Func<ReadOnlyMemory<byte>, ValueTask> serve, CancellationToken stopping)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count;
            while ((count = await connection.ReceiveAsync(buffer, stopping)) > 0) await serve(buffer.AsMemory(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
