using System.Globalization;
using System.Text;
using System.Text.Json;
using Kftray.Benchmarks.Harness;
using Kftray.Sidecar;
using Kftray.Sidecar.Contract;

namespace Kftray.Benchmarks.Rows;

/// <summary>What the editor waits for: from the start of the process to the answer of <c>initialize</c>.</summary>
internal static class StartUp
{
    private const int Starts = 20;

    /// <exception cref="InvalidOperationException">The sidecar gave no answer, or refused.</exception>
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(string sidecar, CancellationToken cancellationToken)
    {
        List<double> times = [];
        await StartAsync(sidecar, cancellationToken); // Brings the program into the page cache.
        for (var i = 0; i < Starts; i++)
            times.Add((await StartAsync(sidecar, cancellationToken)).TotalMilliseconds);
        return [new Figure("process start to the answer of initialize, p50 [ms]", Statistics.Median(times), false)];
    }

    private static async Task<TimeSpan> StartAsync(string sidecar, CancellationToken cancellationToken)
    {
        var request = JsonSerializer.SerializeToUtf8Bytes(new
        {
            jsonrpc = "2.0",
            id = 1,
            method = "initialize",
            @params = new { clientVersion = Product.Version, protocolVersion = Protocol.Version },
        });
        var began = TimeProvider.System.GetTimestamp();
        using var process = Tool.Start(sidecar, ["serve"]);
        var input = process.StandardInput.BaseStream;
        await input.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Content-Length: {request.Length}\r\n\r\n")), cancellationToken);
        await input.WriteAsync(request, cancellationToken);
        await input.FlushAsync(cancellationToken);
        var answer = await ReadBodyAsync(process.StandardOutput, cancellationToken);
        var took = TimeProvider.System.GetElapsedTime(began);

        process.StandardInput.Close();
        await process.WaitForExitAsync(cancellationToken);
        return answer.RootElement.TryGetProperty("result", out _)
            ? took
            : throw new InvalidOperationException($"initialize was refused: {answer.RootElement}");
    }

    private static async Task<JsonDocument> ReadBodyAsync(StreamReader output, CancellationToken cancellationToken)
    {
        var length = 0;
        while (await output.ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
                length = int.Parse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture);
        }

        // The answer is plain ASCII, so that characters are bytes.
        var body = new char[length];
        return await output.ReadBlockAsync(body, cancellationToken) == length && length > 0
            ? JsonDocument.Parse(body)
            : throw new InvalidOperationException("The sidecar ended without an answer.");
    }
}
