using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Tests.Fakes;
using Kftray.Sidecar.Tests.Rpc;
using Xunit;

namespace Kftray.Sidecar.Tests.Forwarding;

public sealed class BindRefusalTests
{
    private static readonly Fault Busy = new(FaultKind.PortInUse, "Busy.");

    [Fact]
    public async Task Explain_TheSameFaultAgain_AsksTheSystemOnlyEveryHalfMinute()
    {
        var (binder, time) = (new Explaining(), new FakeTime());
        var refusal = new BindRefusal(binder, time);

        Assert.Equal("1", (await ExplainAsync(refusal, Busy)).Message);
        Assert.Equal("1", (await ExplainAsync(refusal, Busy)).Message);
        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("2", (await ExplainAsync(refusal, Busy)).Message);
    }

    [Fact]
    public async Task Explain_AnotherFault_AsksAtOnce()
    {
        var refusal = new BindRefusal(new Explaining(), new FakeTime());

        Assert.Equal("1", (await ExplainAsync(refusal, Busy)).Message);
        Assert.Equal("2", (await ExplainAsync(refusal, Busy with { Kind = FaultKind.PortNotPermitted })).Message);
    }

    private static Task<Fault> ExplainAsync(BindRefusal refusal, Fault fault) => refusal.ExplainAsync(
        new() { Id = "x", Alias = "x", Source = "s", Uri = "file:///x", RemotePort = new(80) }, fault, Patience.Token);

    private sealed class Explaining : ILocalEndpointBinder
    {
        private int _asked;

        public ILocalEndpoint Bind(ForwardSpec spec) => throw new NotSupportedException();

        public Task<Fault> ExplainAsync(ForwardSpec spec, Fault fault, CancellationToken cancellationToken) =>
            Task.FromResult(fault with { Message = $"{++_asked}" });
    }
}
