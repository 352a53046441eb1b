using Xunit;

namespace Kftray.Sidecar.Tests.Rpc;

/// <summary>How long a test waits for what should happen at once, before it fails.</summary>
internal static class Patience
{
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(20);

    public static CancellationToken Token =>
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken, new CancellationTokenSource(Timeout).Token).Token;
}
