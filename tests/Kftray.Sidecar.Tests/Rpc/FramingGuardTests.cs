using System.Text;
using Kftray.Sidecar.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class FramingGuardTests
{
    private const string TwoMessages =
        "Content-Length: 2\r\n\r\n{}" + "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length:  5\r\n\r\n\r\n\r\n:";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void Inspect_OfMessages_AcceptsThemHoweverTheyAreSliced(int sliceBytes)
    {
        var guard = new FramingGuard();

        foreach (var slice in Encoding.UTF8.GetBytes(TwoMessages).Chunk(sliceBytes))
            guard.Inspect(slice);
    }

    [Theory]
    [InlineData("Content-Length: 101\r\n\r\n", "A message of 101 bytes is larger than the 100 bytes accepted.")]
    [InlineData("Content-Length: 99999999999999999999\r\n\r\n", "A Content-Length is not a positive number.")]
    [InlineData("Content-Length: -1\r\n\r\n", "A Content-Length is not a positive number.")]
    [InlineData("Content-Length: 0\r\n\r\n", "A Content-Length is not a positive number.")]
    [InlineData("Content-Length: 12x\r\n\r\n", "A Content-Length is not a positive number.")]
    [InlineData("Content-Type: x\r\n\r\n", "A message has no Content-Length.")]
    [InlineData("\r\n", "A message has no Content-Length.")]
    [InlineData("Starting up...\r\n", "A header line has no name.")]
    [InlineData("Starting up\n", "A header line does not end with CR LF.")]
    [InlineData("{\"jsonrpc\":\"2.0\"}\n", "A header line does not end with CR LF.")]
    public void Inspect_OfWhatIsNoMessage_RefusesItWithAReason(string bytes, string reason)
    {
        var guard = new FramingGuard(maxMessageBytes: 100);

        var refusal = Assert.Throws<InvalidDataException>(() => guard.Inspect(Encoding.UTF8.GetBytes(bytes)));

        Assert.Equal(reason, refusal.Message);
    }

    [Fact]
    public void Inspect_OfAnEndlessHeader_RefusesItBeforeItIsCollected()
    {
        var guard = new FramingGuard();

        var refusal = Assert.Throws<InvalidDataException>(() => guard.Inspect(new byte[257]));

        Assert.Equal("A header line is longer than 256 bytes.", refusal.Message);
    }

    [Fact]
    public void Inspect_OfManyHeaderLines_RefusesThem()
    {
        var guard = new FramingGuard();
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("X: y\r\n", 1000)));

        Assert.Throws<InvalidDataException>(() => guard.Inspect(lines));
    }

    [Fact]
    public async Task InputPump_OfGarbage_FailsItsReader()
    {
        var reader = InputPump.Start(new MemoryStream(Encoding.UTF8.GetBytes("hello\n")));

        await Assert.ThrowsAsync<InvalidDataException>(async () => await reader.ReadAsync(Patience.Token));
    }

    [Fact]
    public async Task InputPump_OfMessages_PassesThemOnAndEndsWithTheInput()
    {
        var bytes = Encoding.UTF8.GetBytes(TwoMessages);

        var passed = new MemoryStream();
        await InputPump.Start(new MemoryStream(bytes)).CopyToAsync(passed, Patience.Token);

        Assert.Equal(bytes, passed.ToArray());
    }
}
