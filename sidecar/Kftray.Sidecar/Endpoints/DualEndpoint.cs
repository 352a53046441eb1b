using System.Net;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Endpoints;

/// <summary>Two endpoints that are one to the forward: <c>localhost</c> on both address families. Owns them.</summary>
internal sealed class DualEndpoint(ILocalEndpoint first, ILocalEndpoint second) : ILocalEndpoint
{
    private readonly CancellationTokenSource _closing = new();

    // What one side has begun to accept outlives the call in which the other side was faster. Used by one caller at a time.
    private Task<IDuplexConnection>? _onFirst;
    private Task<IDuplexConnection>? _onSecond;

    public IPEndPoint LocalEndPoint => first.LocalEndPoint;

    public async ValueTask<IDuplexConnection> AcceptAsync(CancellationToken stopping)
    {
        _onFirst ??= first.AcceptAsync(_closing.Token).AsTask();
        _onSecond ??= second.AcceptAsync(_closing.Token).AsTask();
        var accepted = await Task.WhenAny(_onFirst, _onSecond).WaitAsync(stopping);
        if (accepted == _onFirst)
            _onFirst = null;
        else
            _onSecond = null;
        return await accepted;
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await first.DisposeAsync();
        await second.DisposeAsync();
        foreach (var pending in new[] { _onFirst, _onSecond }.OfType<Task<IDuplexConnection>>())
        {
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Nobody will ask for it any more.
            if (pending.IsCompletedSuccessfully)
                await (await pending).DisposeAsync();
        }

        _closing.Dispose();
    }
}
