using System.Buffers.Binary;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

public sealed class ReceiveBufferTests : TestBase
{
    [Fact]
    public async Task Offer_ThatTheSessionEndsBeforeItIsRead_KeepsItsMemoryUntilThen()
    {
        var buffer = new ReceiveBuffer();
        var offering = buffer.OfferAsync(new byte[] { 42 }, shared: false).AsTask();

        buffer.End(new EndOfConnectionException("lost"));
        Assert.False(offering.IsCompleted);
        Assert.Equal(42, (await buffer.ReadAsync(TimeoutToken)).Span[0]);
        Assert.False(offering.IsCompleted);

        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await buffer.ReadAsync(TimeoutToken));
        await offering.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Close_WhileBytesAreLent_KeepsThemUntilTheyAreGivenBack()
    {
        var buffer = new ReceiveBuffer();
        var reading = buffer.ReadAsync(TimeoutToken).AsTask();
        var offering = buffer.OfferAsync(new byte[] { 42 }, shared: false).AsTask();
        await reading;

        buffer.Close(new EndOfConnectionException("closed"));
        Assert.False(offering.IsCompleted);

        buffer.ReleaseLast();
        await offering.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Close_ByTheReaderWhileItIsHandedBytes_KeepsThemUntilTheyAreGivenBack()
    {
        var buffer = new ReceiveBuffer();

        // The continuation runs inside the offer: the client's side fails while it writes these very bytes.
        var reading = ReadAndCloseAsync();
        var offering = buffer.OfferAsync(new byte[] { 42 }, shared: false).AsTask();
        await reading.WaitAsync(TimeoutToken);

        Assert.False(offering.IsCompleted);
        buffer.ReleaseLast();
        await offering.WaitAsync(TimeoutToken);

        async Task ReadAndCloseAsync()
        {
            await buffer.ReadAsync(TimeoutToken);
            buffer.Close(new EndOfConnectionException("closed"));
        }
    }

    [Fact]
    public async Task Offers_ToASlowReader_WaitFromOneMebibyteOn()
    {
        var buffer = new ReceiveBuffer();
        for (var i = 0; i < 15; i++)
            Assert.True(buffer.OfferAsync(new byte[64 * 1024], shared: true).AsTask().IsCompleted);

        var last = buffer.OfferAsync(new byte[64 * 1024], shared: true).AsTask();
        Assert.False(last.IsCompleted);

        await buffer.ReadAsync(TimeoutToken);
        await buffer.ReadAsync(TimeoutToken);
        await last.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Read_ThatIsCancelled_LosesNothing()
    {
        var buffer = new ReceiveBuffer();
        using var impatient = new CancellationTokenSource();
        var reading = buffer.ReadAsync(impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        var offering = buffer.OfferAsync(new byte[] { 7 }, shared: false).AsTask();

        Assert.Equal(7, (await buffer.ReadAsync(TimeoutToken)).Span[0]);
        buffer.ReleaseLast();
        await offering.WaitAsync(TimeoutToken);
    }

    // One writer, one reader that gives up now and then, both modes mixed: the bytes arrive once, in order, and unchanged although the
    // writer overwrites its memory as soon as it may.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Bytes_UnderCancellationAndMixedModes_ArriveOnceAndInOrder(int seed)
    {
        const int count = 8_000;
        var buffer = new ReceiveBuffer();
        var writing = Task.Run(
            async () =>
            {
                var random = new Random(seed);
                var memory = new byte[4];
                for (var i = 0; i < count; i++)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(memory, i);
                    await buffer.OfferAsync(memory, shared: random.Next(3) == 0);
                }

                buffer.End(null);
            },
            TimeoutToken);
        var reading = Task.Run(
            async () =>
            {
                var random = new Random(seed + 100);
                var expected = 0;
                while (true)
                {
                    using var impatient = CancellationTokenSource.CreateLinkedTokenSource(TimeoutToken);
                    try
                    {
                        var pending = buffer.ReadAsync(impatient.Token).AsTask();
                        if (random.Next(4) == 0)
                            await impatient.CancelAsync();
                        var bytes = await pending;
                        if (bytes.IsEmpty)
                            return expected;
                        Assert.Equal(expected++, BinaryPrimitives.ReadInt32LittleEndian(bytes.Span));
                    }
                    catch (OperationCanceledException) when (!TimeoutToken.IsCancellationRequested)
                    {
                        // Again, with the next token.
                    }
                }
            },
            TimeoutToken);

        Assert.Equal(count, await reading.WaitAsync(TimeoutToken));
        await writing.WaitAsync(TimeoutToken);
    }

    [Fact]
    public async Task Close_AtAnyMoment_LetsTheWriterGoOn()
    {
        var random = new Random(5);
        for (var round = 0; round < 500; round++)
        {
            var buffer = new ReceiveBuffer();
            var rounds = random.Next(20);
            var writing = Task.Run(
                async () =>
                {
                    for (var i = 0; i < 50; i++)
                        await buffer.OfferAsync(new byte[10], shared: i % 2 == 0);
                },
                TimeoutToken);
            for (var i = 0; i < rounds; i++)
                await buffer.ReadAsync(TimeoutToken);
            buffer.Close(new EndOfConnectionException("closed"));
            buffer.ReleaseLast();
            await writing.WaitAsync(TimeoutToken);
        }
    }
}
