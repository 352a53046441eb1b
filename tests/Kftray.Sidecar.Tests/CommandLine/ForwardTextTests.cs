using Kftray.Sidecar.CommandLine;
using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Tests.Rpc;
using Spectre.Console;
using Xunit;

namespace Kftray.Sidecar.Tests.CommandLine;

public sealed class ForwardTextTests
{
    [Theory]
    [InlineData("127.0.0.1", 8080, "127.0.0.1:8080")]
    [InlineData("::1", 8080, "[::1]:8080")]
    [InlineData("127.0.0.1", 0, "127.0.0.1:*")]
    public void LocalAddress_OfAForward_IsWhatAClientConnectsTo(string address, int port, string text) =>
        Assert.Equal(text, ForwardText.LocalAddress(Snapshots.Active() with { LocalAddress = address, LocalPort = port }));

    [Theory]
    [InlineData(0, 0, 0, "")]
    [InlineData(1023, 1024, 2, "1023 B in, 1 KiB out, 2 open")]
    [InlineData(1_600_000, 5_000_000_000_000_000, 0, "1.5 MiB in, 4547.5 TiB out, 0 open")]
    public void Traffic_OfAForward_IsShort(long bytesIn, long bytesOut, int open, string text) =>
        Assert.Equal(text, ForwardText.Traffic(new(bytesIn, bytesOut, open, text.Length == 0 ? 0 : 9, 0)));

    [Fact]
    public async Task LiveTable_OfForwards_ShowsTheLatestOfEach()
    {
        var screen = new StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(screen) });
        console.Profile.Width = 120;

        await new LiveTableView(console).ShowAsync(Changes());

        var text = screen.ToString();
        Assert.Contains("web", text, StringComparison.Ordinal);
        Assert.Contains("svc/web:80", text, StringComparison.Ordinal);
        Assert.Contains("No pod of the service is ready. Look at the pods.", text, StringComparison.Ordinal);
        Assert.Contains("pod -l app=[x]:80", text, StringComparison.Ordinal);

        static async IAsyncEnumerable<ForwardSnapshot> Changes()
        {
            await Task.CompletedTask;
            yield return Snapshots.Active("web");
            yield return Snapshots.Active("api") with { Target = "pod -l app=[x]:80" };
            yield return Snapshots.Reconnecting("web");
        }
    }
}
