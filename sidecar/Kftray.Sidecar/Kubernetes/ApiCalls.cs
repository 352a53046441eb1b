using System.Text.Json;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.Kubernetes;

/// <summary>
/// Calls over the road to one server, with the usual patience. Each throws <see cref="ApiStatusException"/> when the server refuses and
/// <see cref="ForwardException"/> when it could not be asked.
/// </summary>
internal sealed class ApiCalls(IApiServer server, TimeProvider time)
{
    /// <summary>A server that has not begun to answer by then is taken for dead; of a body, the same for each page.</summary>
    internal static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    /// <summary>Sends, and reads the whole answer.</summary>
    public async Task<TResult> CallAsync<TResult>(
        HttpRequestMessage request, Func<Stream, CancellationToken, ValueTask<TResult>> read, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await SendAsync(request, stop.Token);
            await using var body = await response.Content.ReadAsStreamAsync(stop.Token);
            return await read(body, stop.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(server.Context);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or JsonException)
        {
            throw KubernetesFaults.Unreadable(e, server.Context);
        }
    }

    /// <summary>Sends, and gives the server the usual time to begin its answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var response = await server.SendAsync(request, stop.Token);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw await KubernetesFaults.ExceptionFromAsync(response, stop.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw KubernetesFaults.TimedOut(server.Context);
        }
    }
}
