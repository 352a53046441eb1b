namespace Kftray.Sidecar.Forwarding;

/// <summary>Wakes everything that waits before its next attempt: something has changed for the better, or the user asks.</summary>
internal sealed class RetryPulse
{
    private volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Next => _next.Task;

    public void Fire() =>
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
