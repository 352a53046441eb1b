using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.Forwarding;

/// <summary>Coalesces what changed into batches for the one consumer.</summary>
internal sealed class ForwardFeed
{
    /// <summary>Batches of changes, beginning with everything that is known. One consumer; ends by cancellation.</summary>
    public IAsyncEnumerable<ForwardsChangedParams> ReadAllAsync(CancellationToken stopping) => throw new NotSupportedException();
}
