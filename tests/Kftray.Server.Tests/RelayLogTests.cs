namespace Kftray.Relay.Tests;

/// <summary>One line for each kind of event, now and then.</summary>
public sealed class RelayLogTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly FakeTime _time = new();

    [Fact]
    public void Log_OfManyEventsOfAKind_SaysTheFirstAndLaterHowManyThereWere()
    {
        var log = new RelayLog(_output, _time);
        for (var i = 0; i < 10; i++)
            log.Report(RelayEvent.BadFrame, "bad");
        log.Report(RelayEvent.Refused, "refused");
        _time.Advance(TimeSpan.FromMinutes(1));
        log.Report(RelayEvent.BadFrame, "bad again");

        Assert.Equal(
            "kftray-server: bad\nkftray-server: refused\nkftray-server: bad again (9 more like this since the last such line)\n", _output.ToString());
        Assert.Equal("Refused 1, BadFrame 11", log.Totals());
    }

    [Fact]
    public void Totals_OfNothing_SayNothing() => Assert.Equal("nothing", new RelayLog(_output, _time).Totals());
}
