using System.Globalization;
using System.Text;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary><c>pods/log</c>: what a container's process has written. Containers that are behaviours have nothing to say.</summary>
internal sealed class LogEndpoint(ObjectStore store, Kubelet kubelet, CancellationToken stopping)
{
    /// <exception cref="ApiException">400, 404.</exception>
    public async Task ServeAsync(HttpContext context, RequestInfo request)
    {
        var stored = store.Get(ResourceKinds.Pods, request.Namespace!, request.Name!);
        var containers = stored.Read().Items("spec", "containers").Select(container => container.Text("name") ?? "").ToArray();
        var query = context.Request.Query;
        var container = query["container"].ToString() is { Length: > 0 } named ? named : containers.FirstOrDefault() ?? "";
        if (!containers.Contains(container)) throw ApiException.BadRequest($"container {container} is not valid for pod {request.Name}");
        if (kubelet.Find(stored.Uid)?.Pod is not { } pod || (pod.IsProgram && pod.Process is null))
            throw ApiException.BadRequest($"container \"{container}\" in pod \"{request.Name}\" is waiting to start: ContainerCreating");
        context.Response.ContentType = "text/plain";
        if (pod.Process is not { } process || pod.ProgramContainer != container) return;

        var follows = query["follow"] == "true";
        using var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        var (lines, next, isComplete) = await process.Log.ReadAsync(0, follow: false, until.Token);
        if (int.TryParse(query["tailLines"], NumberStyles.None, CultureInfo.InvariantCulture, out var tail)) lines = [.. lines.TakeLast(tail)];
        while (true)
        {
            foreach (var line in lines) await context.Response.WriteAsync(line + "\n", Encoding.UTF8, until.Token);
            await context.Response.Body.FlushAsync(until.Token);
            if (!follows || (isComplete && lines.Count == 0)) return;
            (lines, next, isComplete) = await process.Log.ReadAsync(next, follow: true, until.Token);
        }
    }
}
