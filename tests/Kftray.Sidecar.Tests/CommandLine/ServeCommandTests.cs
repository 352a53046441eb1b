using System.Text;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Tests.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class ServeCommandTests
{
    [Fact]
    public async Task Serve_AtTheEndOfItsInput_StopsTheEngineAndExitsWith0()
    {
        await using var run = new CliRun { Input = Stream.Null };

        Assert.Equal(0, await run.RunAsync("serve", "--window", "shop"));

        Assert.True(run.Engine.IsDisposed);
        Assert.Empty(run.Output + run.Error);
    }

    [Fact]
    public async Task Serve_OfRequests_AnswersOnTheRawOutput()
    {
        var (input, editor) = Nerdbank.Streams.FullDuplexStream.CreatePair();
        var (output, answers) = Nerdbank.Streams.FullDuplexStream.CreatePair();
        await using var run = new CliRun { Input = input, RawOutput = output };
        var serve = run.RunAsync("serve");

        const string Request = """{"jsonrpc":"2.0","id":1,"method":"forward/retry","params":{"id":"x"}}""";
        await editor.WriteAsync(Encoding.UTF8.GetBytes($"Content-Length: {Request.Length}\r\n\r\n{Request}"), Patience.Token);
        await editor.FlushAsync(Patience.Token);
        var answer = new byte[1024];
        var length = await answers.ReadAsync(answer, Patience.Token);
        await editor.DisposeAsync();

        Assert.Equal(0, await serve);
        Assert.Contains($"\"code\":{RpcErrors.NotInitialized}", Encoding.UTF8.GetString(answer, 0, length), StringComparison.Ordinal);
        Assert.Empty(run.Output + run.Error);
    }

    [Theory]
    [InlineData("Segmentation fault\n", "A header line does not end with CR LF.")]
    [InlineData("Content-Length: 67108865\r\n\r\n", "A message of 67108865 bytes is larger than the 67108864 bytes accepted.")]
    [InlineData("Content-Length: 4\r\n\r\nabcd", "'a' is an invalid start of a value.")]
    [InlineData("Content-Length: 10\r\n\r\n{}", "Attempted to read past the end of the stream.")]
    public async Task Serve_OfWhatIsNoMessage_SaysSoAndExitsWith1(string bytes, string reason)
    {
        await using var run = new CliRun { Input = new MemoryStream(Encoding.UTF8.GetBytes(bytes)) };

        Assert.Equal(1, await run.RunAsync("serve"));

        Assert.StartsWith($"kftray-sidecar: The connection to the editor broke: {reason}", run.Error, StringComparison.Ordinal);
        Assert.True(run.Engine.IsDisposed);
    }

    [Fact]
    public async Task Serve_WhenStopped_ExitsWith0ThoughTheInputIsOpen()
    {
        var (input, editor) = Nerdbank.Streams.FullDuplexStream.CreatePair();
        await using var run = new CliRun { Input = input };

        var serve = run.RunAsync("serve");
        await run.StopAsync();

        Assert.Equal(0, await serve);
        Assert.True(run.Engine.IsDisposed);
        await editor.DisposeAsync();
    }

    [Fact]
    public async Task Serve_WhoseEngineHangs_ExitsWithin2Seconds()
    {
        await using var run = new CliRun { Input = Stream.Null };
        run.Engine.OnDispose = () => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, CancellationToken.None);
        var started = TimeProvider.System.GetTimestamp();

        Assert.Equal(0, await run.RunAsync("serve"));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal("Forwards were still closing after 1.5 s; ended without them.", run.Error.TrimEnd());
    }
}
