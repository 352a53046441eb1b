using System.Text;
using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

public sealed class LifetimeTests
{
    [Fact]
    public async Task Server_WhenTheEditorCloses_EndsWithoutFailure()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        session.CloseEditor();

        await session.Served.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task Server_BeforeInitialize_EndsWithTheEditor()
    {
        await using var session = RpcSession.Open();

        session.CloseEditor();

        await session.Served.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task Server_AskedToStop_EndsWithoutFailure()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        await session.StopAsync();

        await session.Served.WaitAsync(Patience.Token);
    }

    [Fact]
    public async Task Server_WhenTheEditorCloses_CancelsWhatRuns()
    {
        await using var session = await RpcSession.OpenInitializedAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Engine.OnApply = async (_, token) =>
        {
            token.Register(cancelled.SetResult);
            began.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            return null!;
        };
        var request = session.RequestAsync<ApplyResult>("workspace/apply", new ApplyParams());
        await began.Task.WaitAsync(Patience.Token);

        session.CloseEditor();

        await cancelled.Task.WaitAsync(Patience.Token);
        await session.Served.WaitAsync(Patience.Token);
        await Assert.ThrowsAnyAsync<Exception>(() => request);
    }

    [Fact]
    public async Task Server_WhenTheFeedBreaks_EndsWithItsFailure()
    {
        await using var session = await RpcSession.OpenInitializedAsync();

        session.Engine.BreakFeed(new InvalidOperationException("no more news"));

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => session.Served.WaitAsync(Patience.Token));
        Assert.Equal("no more news", failure.Message);
    }

    [Theory]
    [InlineData("Content-Length: 4\r\n\r\nabcd")]
    [InlineData("Content-Length: 2\r\n\r\n{}")]
    [InlineData("Content-Length: 2\r\n\r\n[]")]
    [InlineData("no header at all\n")]
    public async Task Server_OnWhatIsNoMessage_EndsWithAFailure(string bytes)
    {
        await using var session = RpcSession.Open();

        await session.WriteRawAsync(Encoding.UTF8.GetBytes(bytes));

        await Assert.ThrowsAnyAsync<Exception>(() => session.Served.WaitAsync(Patience.Token));
    }
}
