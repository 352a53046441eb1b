using Kftray.Sidecar.Contract;

namespace Kftray.Sidecar.CommandLine;

/// <summary>Shows forwards as they change.</summary>
internal interface IForwardView
{
    /// <summary>Shows until the changes end, which they do by cancellation.</summary>
    Task ShowAsync(IAsyncEnumerable<ForwardSnapshot> changes);
}
