using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Diagnostics;
using Kftray.Sidecar.Rpc;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class RpcLogQueueTests
{
    [Fact]
    public async Task Flood_OfLines_NeverWaitsAndCountsWhatItDropped()
    {
        using var queue = new RpcLogQueue();
        var logger = queue.CreateLogger("Flood");
        for (var n = 0; n < 1500; n++)
            logger.LogInformation("line {Number}", n);

        var lines = await queue.ReadAllAsync(Patience.Token).Take(1025).ToListAsync(Patience.Token);

        Assert.Equal("line 1023", lines[1023].Message);
        Assert.Equal("476 log lines were dropped here", lines[1024].Message);
        Assert.Equal(EventIds.LogLinesDropped, lines[1024].EventId);
    }

    [Theory]
    [InlineData(SidecarLogLevel.Trace, LogLevel.Trace, true)]
    [InlineData(SidecarLogLevel.Debug, LogLevel.Trace, false)]
    [InlineData(SidecarLogLevel.Info, LogLevel.Information, true)]
    [InlineData(SidecarLogLevel.Warning, LogLevel.Information, false)]
    [InlineData(SidecarLogLevel.Error, LogLevel.Error, true)]
    [InlineData(SidecarLogLevel.Error, LogLevel.Critical, true)]
    [InlineData(SidecarLogLevel.Off, LogLevel.Critical, false)]
    [InlineData(SidecarLogLevel.Trace, LogLevel.None, false)]
    public void Level_OfTheEditor_DecidesWhatIsKept(SidecarLogLevel level, LogLevel logged, bool isKept)
    {
        using var queue = new RpcLogQueue { Level = level };

        Assert.Equal(isKept, queue.CreateLogger("Any").IsEnabled(logged));
    }

    [Fact]
    public async Task Exception_OfALine_IsPartOfItsMessage()
    {
        using var queue = new RpcLogQueue();
        queue.CreateLogger("Any").LogError(new InvalidOperationException("inner reason"), "It failed");

        var line = await queue.ReadAllAsync(Patience.Token).FirstAsync(Patience.Token);

        Assert.StartsWith("It failed: System.InvalidOperationException: inner reason", line.Message, StringComparison.Ordinal);
    }
}
