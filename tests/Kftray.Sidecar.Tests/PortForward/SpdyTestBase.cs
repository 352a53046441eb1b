using System.Text;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.PortForward;
using Kftray.Sidecar.PortForward.Spdy;
using Kftray.Sidecar.Tests.Fakes;
using Xunit;

namespace Kftray.Sidecar.Tests.PortForward;

/// <summary>A session over a pair of streams in memory; the test is the server.</summary>
public abstract class SpdyTestBase : TestBase
{
    private protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private protected SpdyTestBase()
    {
        Peer = Own(new SpdyPeer());
        Session = Own(new SpdySession(Peer.Transport, Witness, Time, Log));
    }

    private protected SpdyPeer Peer { get; }

    private protected SpdySession Session { get; }

    private protected ScriptedWitness Witness { get; } = new();

    private protected async Task<(SpdyStream Stream, int Error, int Data)> OpenAsync(string firstBytes = "")
    {
        var stream = await Session.OpenAsync(8080, Encoding.UTF8.GetBytes(firstBytes), Grace, TimeoutToken);
        var (error, data) = await Peer.OpenedAsync(TimeoutToken);
        if (firstBytes.Length > 0)
            Assert.Equal(firstBytes, (await Peer.NextAsync(TimeoutToken)).Text);
        return (stream, error, data);
    }

    /// <summary>Reads up to the end of the pod's direction.</summary>
    private protected async Task<string> ReadToEndAsync(SpdyStream stream)
    {
        var text = new StringBuilder();
        while (true)
        {
            var bytes = await stream.ReadAsync(TimeoutToken);
            if (bytes.IsEmpty)
                return text.ToString();
            text.Append(Encoding.UTF8.GetString(bytes.Span));
        }
    }

    private protected async Task<PodStreamFailure> FailsAsync(SpdyStream stream)
    {
        await Assert.ThrowsAsync<EndOfConnectionException>(async () => await ReadToEndAsync(stream));
        Assert.NotNull(stream.Failure);
        return stream.Failure;
    }
}

/// <summary>Says what the test says about the path.</summary>
internal sealed class ScriptedWitness : IPathWitness
{
    /// <summary>Whether others hear from the node.</summary>
    public bool Hears { get; set; }

    public int Asked { get; private set; }

    public bool HasHeard(IPodSession asking, long since)
    {
        Asked++;
        return Hears;
    }
}
