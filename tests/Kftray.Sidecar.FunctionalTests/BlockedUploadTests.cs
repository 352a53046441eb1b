using System.Net.Sockets;
using Kftray.Sidecar.Contract;
using Kftray.Testing.Pods;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>An application that does not read freezes its session, pings included: that is not a dead link.</summary>
public sealed class BlockedUploadTests : FunctionalTest
{
    // Longer than a dead link may go unnoticed.
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Upload_ToAnApplicationThatDoesNotRead_IsNotTakenForADeadLink()
    {
        await RunApplicationAsync("stalls", "stalls");
        var port = await ForwardAsync("stalls");
        using var client = await ConnectAsync(port);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
        ended.CancelAfter(Long);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (true)
                await client.SendAsync(new byte[1024 * 1024], ended.Token);
        });

        var snapshot = await BecomesAsync("stalls", ForwardStatus.Active);
        Assert.Equal(0, snapshot.Reconnects);
    }
}
