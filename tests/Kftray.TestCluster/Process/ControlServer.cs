using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Kftray.Testing.Faults;
using Kftray.Testing.Http;
using Kftray.Testing.Pods;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Process;

/// <summary>
/// The process's other door, plain HTTP on loopback: what a test in the same process calls on the cluster, with the same records.
/// <c>GET /</c> lists the routes.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly TestCluster _cluster;
    private readonly ApiHost _host;
    private readonly IReadOnlyList<Route> _routes;

    public ControlServer(TestCluster cluster)
    {
        _cluster = cluster;
        _host = new ApiHost(0, HandleAsync, new OpenConnections(new ClusterFaults(), TimeProvider.System), certificates: null);
        _routes =
        [
            new("GET", "/", (_, _) => Task.FromResult<object?>(_routes!.Select(route => $"{route.Method} {route.Path}"))),
            new("GET", "/requests", (_, _) => Task.FromResult<object?>(cluster.Requests.All)),
            new("DELETE", "/requests", Do((_, _) => cluster.Requests.Clear())),
            new("GET", "/sessions", (_, _) => Task.FromResult<object?>(SessionsNow())),
            new("GET", "/faults", (_, _) => Task.FromResult<object?>(cluster.Faults.Active)),
            new("POST", "/faults", async (context, _) => new { id = cluster.Faults.Add(await ReadAsync<RequestFault>(context)) }),
            new("DELETE", "/faults", Do((_, _) => cluster.Faults.Clear())),
            new("DELETE", "/faults/{id}", Do((_, path) => cluster.Faults.Remove(path["id"]))),
            new("GET", "/images", (_, _) => Task.FromResult<object?>(cluster.Faults.Images.Active)),
            new("POST", "/images", async (context, _) => new { id = cluster.Faults.Images.Add(await ReadAsync<ImageFault>(context)) }),
            new("DELETE", "/images", Do((_, _) => cluster.Faults.Images.Clear())),
            new("DELETE", "/images/{id}", Do((_, path) => cluster.Faults.Images.Remove(path["id"]))),
            new("GET", "/node", (_, _) => Task.FromResult<object?>(cluster.Node.State)),
            new("PUT", "/node", DoAsync(async (context, _) => cluster.Node.State = await ReadAsync<NodeState>(context))),
            new("PUT", "/names/{name}", DoAsync(async (context, path) => cluster.Dns.Set(path["name"], [.. (await ReadAsync<string[]>(context)).Select(IPAddress.Parse)]))),
            new("DELETE", "/names/{name}", Do((_, path) => cluster.Dns.Remove(path["name"]))),
            new("POST", "/connections/reset", (context, _) => Task.FromResult<object?>(new { count = cluster.Connections.ResetAll(ResourceOf(context)) })),
            new("POST", "/connections/drop", (context, _) => Task.FromResult<object?>(new { count = cluster.Connections.DropAll(ResourceOf(context)) })),
            new("POST", "/connections/refuse", Do((_, _) => cluster.Faults.RefusesConnections = true)),
            new("POST", "/connections/accept", Do((_, _) => cluster.Faults.RefusesConnections = false)),
            new("POST", "/connections/freeze", Do((context, _) => cluster.Connections.Freeze(ResourceOf(context)))),
            new("POST", "/connections/thaw", Do((_, _) => cluster.Connections.Thaw())),
            new("POST", "/server/stop", DoAsync((_, _) => cluster.StopServerAsync())),
            new("POST", "/server/start", DoAsync((_, _) => cluster.StartServerAsync())),
            new("POST", "/server/restart", DoAsync((_, _) => cluster.RestartServerAsync())),
            new("POST", "/history/compact", Do((_, _) => cluster.CompactHistory())),
            new("GET", "/timing", (_, _) => Task.FromResult<object?>(cluster.Pods.Timing)),
            new("PUT", "/timing", DoAsync(async (context, _) => cluster.Pods.Timing = await ReadAsync<PodTiming>(context))),
            new("POST", "/world", DoAsync(BuildAsync)),
            new("POST", "/rbac/deny", DoAsync(DenyAsync)),
            new("DELETE", "/rbac", Do((_, _) => cluster.Rbac.AllowAll())),
            new("POST", "/pods/{namespace}/{name}/crash", Do((_, path) => cluster.Pods.Crash(path["namespace"], path["name"]))),
            new("POST", "/pods/{namespace}/{name}/ready", Do((_, path) => cluster.Pods.SetReady(path["namespace"], path["name"], true))),
            new("POST", "/pods/{namespace}/{name}/unready", Do((_, path) => cluster.Pods.SetReady(path["namespace"], path["name"], false))),
            new("POST", "/pods/{namespace}/{name}/stop-listening", Do((_, path) => Pod(path).StopListening())),
            new("POST", "/pods/{namespace}/{name}/pause-accepting", Do((_, path) => Pod(path).PauseAccepting())),
            new("POST", "/pods/{namespace}/{name}/resume-accepting", Do((_, path) => Pod(path).ResumeAccepting())),
            new("POST", "/pods/{namespace}/{name}/kill-applications", DoAsync((_, path) => Pod(path).KillApplicationsAsync())),
            new("POST", "/pods/{namespace}/{name}/start-applications", Do((_, path) => Pod(path).StartApplications())),
            new("GET", "/pods/{namespace}/{name}/process", (_, path) => Task.FromResult<object?>(ProcessOf(Pod(path)))),
            new("GET", "/pods/{namespace}/{name}/datagrams/{port}", (_, path) => Task.FromResult<object?>(Pod(path).DatagramsAt(int.Parse(path["port"], CultureInfo.InvariantCulture)))),
        ];
    }

    public Uri Address => new($"http://{IPAddress.Loopback}:{_host.Port}");

    public Task StartAsync(CancellationToken cancellationToken) => _host.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        try
        {
            foreach (var route in _routes)
            {
                if (route.Match(context.Request) is not { } path) continue;
                var answer = await route.Serve(context, path) ?? new { ok = true };
                await context.Response.WriteJsonAsync(JsonSerializer.SerializeToNode(answer, Json)!);
                return;
            }

            throw ApiException.UnknownPath();
        }
        catch (ApiException refusal)
        {
            await context.Response.WriteStatusAsync(refusal);
        }
        catch (Exception e) when (e is KeyNotFoundException or ArgumentException or JsonException or InvalidOperationException)
        {
            await context.Response.WriteStatusAsync(ApiException.BadRequest(e.Message));
        }
    }

    private TestPod Pod(IReadOnlyDictionary<string, string> path) => _cluster.Pods[path["namespace"], path["name"]];

    private static object? ProcessOf(TestPod pod) => pod.Process is { } process
        ? new { id = process.Id, exit = process.Exited.IsCompletedSuccessfully ? process.Exited.Result : null, log = process.Log.Lines }
        : throw new KeyNotFoundException($"The pod \"{pod.Name}\" has no process.");

    private object SessionsNow() => new
    {
        total = _cluster.Sessions.Total,
        open = _cluster.Sessions.Open.Select(session => new
        {
            @namespace = session.Pod.Namespace,
            pod = session.Pod.Name,
            transport = session.Transport,
            openConnections = session.OpenConnections,
            totalConnections = session.TotalConnections,
        }),
    };

    // One object, or an array or List of them.
    private async Task BuildAsync(HttpContext context, IReadOnlyDictionary<string, string> path)
    {
        var body = await context.Request.ReadJsonAsync();
        var objects = body as JsonArray ?? body["items"] as JsonArray ?? new JsonArray(body.DeepClone());
        foreach (var content in objects.OfType<JsonObject>()) _cluster.World.Add((JsonObject)content.DeepClone());
    }

    private async Task DenyAsync(HttpContext context, IReadOnlyDictionary<string, string> path)
    {
        var rule = await ReadAsync<DenyRequest>(context);
        _cluster.Rbac.Deny(rule.User, rule.Verb, rule.Resource, rule.Namespace);
    }

    private static string? ResourceOf(HttpContext context) => context.Request.Query["resource"].ToString() is { Length: > 0 } resource ? resource : null;

    private static async Task<T> ReadAsync<T>(HttpContext context) =>
        (await context.Request.ReadJsonAsync()).Deserialize<T>(Json) ?? throw ApiException.BadRequest("a JSON object is expected");

    private static Func<HttpContext, IReadOnlyDictionary<string, string>, Task<object?>> Do(Action<HttpContext, IReadOnlyDictionary<string, string>> act) =>
        DoAsync((context, path) =>
        {
            act(context, path);
            return Task.CompletedTask;
        });

    private static Func<HttpContext, IReadOnlyDictionary<string, string>, Task<object?>> DoAsync(Func<HttpContext, IReadOnlyDictionary<string, string>, Task> act) =>
        async (context, path) =>
        {
            await act(context, path);
            return null;
        };

    private sealed record DenyRequest(string User, string Verb, string Resource, string Namespace = "*");

    private sealed record Route(string Method, string Path, Func<HttpContext, IReadOnlyDictionary<string, string>, Task<object?>> Serve)
    {
        private readonly string[] _parts = Path.Split('/');

        /// <summary>The values of the path's places, or null when the request is for another route.</summary>
        public Dictionary<string, string>? Match(HttpRequest request)
        {
            var actual = (request.Path.Value ?? "/").Split('/');
            if (request.Method != Method || actual.Length != _parts.Length) return null;
            var values = new Dictionary<string, string>();
            for (var i = 0; i < actual.Length; i++)
            {
                if (_parts[i].StartsWith('{')) values[_parts[i].Trim('{', '}')] = Uri.UnescapeDataString(actual[i]);
                else if (_parts[i] != actual[i]) return null;
            }

            return values;
        }
    }
}
