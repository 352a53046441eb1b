using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Kftray.Sidecar.Forwarding;
using Kftray.Sidecar.Kubernetes;
using Kftray.Sidecar.Kubernetes.Credentials;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>An API server without a socket: objects by kind, watches that the test feeds, refusals on demand.</summary>
internal sealed class FakeApi : IServerTransport
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, string>> _objects = [];
    private readonly List<(string Kind, PipeWriter Writer)> _watches = [];
    private readonly Dictionary<(string Verb, string Kind), Func<HttpResponseMessage>> _refusals = [];
    private int _version = 100;

    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Objects a page; 0 for all in one.</summary>
    public int PageSize { get; set; }

    public void Put(string kind, string name, string json)
    {
        lock (_gate)
        {
            var objects = _objects.TryGetValue(kind, out var known) ? known : _objects[kind] = [];
            var type = objects.ContainsKey(name) ? "MODIFIED" : "ADDED";
            objects[name] = Stamp(json);
            Send(kind, type, objects[name]);
        }
    }

    public void Delete(string kind, string name)
    {
        lock (_gate)
        {
            _objects[kind].Remove(name, out var json);
            Send(kind, "DELETED", Stamp(json!));
        }
    }

    /// <summary>Changes the store without telling any watch.</summary>
    public void PutUnseen(string kind, string name, string json)
    {
        lock (_gate)
            (_objects.TryGetValue(kind, out var known) ? known : _objects[kind] = [])[name] = Stamp(json);
    }

    public void SendRaw(string kind, string text)
    {
        lock (_gate)
            Write(kind, text);
    }

    public void EndWatches(string kind, Exception? error = null)
    {
        lock (_gate)
        {
            foreach (var watch in _watches.Where(w => w.Kind == kind))
                watch.Writer.Complete(error);
            _watches.RemoveAll(w => w.Kind == kind);
        }
    }

    public void Refuse(string verb, string kind, Func<HttpResponseMessage> answer)
    {
        lock (_gate)
            _refusals[(verb, kind)] = answer;
    }

    public void Forbid(string verb, string kind) => Refuse(verb, kind, () => Status(HttpStatusCode.Forbidden, "Forbidden"));

    public void Allow(string verb, string kind)
    {
        lock (_gate)
            _refusals.Remove((verb, kind));
    }

    public static HttpResponseMessage Status(HttpStatusCode code, string reason, string details = "{}") => new(code)
    {
        Content = new StringContent($$"""{"kind":"Status","status":"Failure","message":"{{reason}}!","reason":"{{reason}}","details":{{details}},"code":{{(int)code}}}"""),
    };

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue(request.RequestUri!.PathAndQuery);
        var response = Answer(request.RequestUri);
        response.RequestMessage = request;
        return Task.FromResult(response);
    }

    public void Dispose() => EndAll();

    private HttpResponseMessage Answer(Uri uri)
    {
        var segments = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var query = uri.Query;
        var at = Array.IndexOf(segments, "namespaces");
        var rest = at >= 0 && segments.Length > at + 2 ? segments[(at + 2)..] : segments[at..];
        var (kind, name) = (rest[0], rest.Length > 1 ? rest[1] : null);
        var verb = query.Contains("watch=true") ? "watch" : name is null ? "list" : "get";
        lock (_gate)
        {
            if (_refusals.TryGetValue((verb, kind), out var refusal))
                return refusal();
            var objects = _objects.TryGetValue(kind, out var known) ? known : [];
            return verb switch
            {
                "watch" => Watch(kind),
                "list" => Ok(List(objects, query)),
                _ => objects.TryGetValue(name!, out var json) ? Ok(json)
                    : Status(HttpStatusCode.NotFound, "NotFound", $$"""{"name":"{{name}}","kind":"{{kind}}"}"""),
            };
        }
    }

    private string List(Dictionary<string, string> objects, string query)
    {
        var start = query.Contains("continue=") ? int.Parse(query.Split("continue=")[1].Split('&')[0]) : 0;
        var size = PageSize == 0 ? int.MaxValue : PageSize;
        var page = objects.Values.Skip(start).Take(size);
        var next = PageSize > 0 && start + size < objects.Count ? $"{start + size}" : "";
        return $$"""{"metadata":{"resourceVersion":"{{_version}}","continue":"{{next}}"},"items":[{{string.Join(',', page)}}]}""";
    }

    private HttpResponseMessage Watch(string kind)
    {
        var pipe = new Pipe();
        _watches.Add((kind, pipe.Writer));
        return new(HttpStatusCode.OK) { Content = new StreamContent(pipe.Reader.AsStream()) };
    }

    private void Send(string kind, string type, string json) => Write(kind, $$$"""{"type":"{{{type}}}","object":{{{json}}} }""" + "\n");

    private void Write(string kind, string text)
    {
        foreach (var watch in _watches.Where(w => w.Kind == kind))
        {
            watch.Writer.Write(Encoding.UTF8.GetBytes(text));
            _ = watch.Writer.FlushAsync().AsTask();
        }
    }

    private string Stamp(string json) => json.Replace("\"$version\"", $"\"{++_version}\"");

    private void EndAll()
    {
        lock (_gate)
        {
            foreach (var watch in _watches)
                watch.Writer.Complete();
            _watches.Clear();
        }
    }

    private static HttpResponseMessage Ok(string json) => new(HttpStatusCode.OK) { Content = new StringContent(json) };
}

/// <summary>Objects as an API server writes them.</summary>
internal static class Objects
{
    public static string Pod(
        string name, bool ready = true, bool terminating = false, string uid = "", string labels = """{"app":"web"}""",
        string ports = """[{"name":"http","containerPort":8080}]""", string waiting = "")
    {
        var deletion = terminating ? ""","deletionTimestamp":"2026-01-02T03:04:06Z" """ : "";
        var state = waiting.Length > 0 ? $$$"""{"waiting":{"reason":"{{{waiting}}}"}}""" : "{}";
        return $$$"""
            {"kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"{{{(uid.Length > 0 ? uid : name + "-uid")}}}",
             "resourceVersion":"$version","labels":{{{labels}}},"creationTimestamp":"2026-01-02T03:04:05Z"{{{deletion}}} },
             "spec":{"containers":[{"name":"c","ports":{{{ports}}},"livenessProbe":{"httpGet":{"port":"http"} },"resources":{"limits":{"cpu":"100m"} } }]},
             "status":{"phase":"Running","conditions":[{"type":"Ready","status":"{{{(ready ? "True" : "False")}}}"}],
              "containerStatuses":[{"name":"c","image":"i","imageID":"i","ready":true,"restartCount":0,"state":{{{state}}} }]} }
            """;
    }

    public static string Service(
        string name, string ports = """[{"name":"web","port":80,"targetPort":"http"}]""", string selector = """{"app":"web"}""", string more = "") =>
        $$$"""
        {"kind":"Service","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"s","resourceVersion":"$version"},
         "spec":{"selector":{{{selector}}},"ports":{{{ports}}}{{{more}}} } }
        """;

    public static string Slice(string service, string ports, params string[] endpoints) =>
        $$$"""
        {"kind":"EndpointSlice","metadata":{"name":"{{{service}}}-abc","uid":"e","resourceVersion":"$version",
         "labels":{"kubernetes.io/service-name":"{{{service}}}"} },
         "addressType":"IPv4","ports":{{{ports}}},"endpoints":[{{{string.Join(',', endpoints)}}}]}
        """;

    public static string Endpoint(string? pod, bool ready = true, bool terminating = false)
    {
        var target = pod is null ? "" : $$$""","targetRef":{"kind":"Pod","name":"{{{pod}}}","uid":"{{{pod}}}-uid"} """;
        return $$$"""
            {"addresses":["10.0.0.1"],
             "conditions":{"ready":{{{(ready ? "true" : "false")}}},"terminating":{{{(terminating ? "true" : "false")}}} }{{{target}}} }
            """;
    }
}

/// <summary>A dialer that opens nothing: only its identity counts here.</summary>
internal sealed class FakeDialer : IPodDialer, IAsyncDisposable
{
    public bool IsDisposed { get; private set; }

    public string? Transport => null;

    public ValueTask<ISessionLease> WarmAsync(PodTarget target, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IPodStream> DialAsync(
        PodTarget target, ReadOnlyMemory<byte> firstBytes, TimeSpan halfCloseGrace, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

/// <summary>A registry over a kubeconfig file of its own and fake servers, one for each address.</summary>
internal sealed class World : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, FakeApi> _apis = [];

    public World()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("kftray-test-").FullName;
        KubeconfigPath = Path.Combine(Directory, "config");
        WriteKubeconfig();
        var environment = new HostEnvironment(new Dictionary<string, string> { ["KUBECONFIG"] = KubeconfigPath }, Directory);
        Registry = new(environment, (cluster, _) => Api(cluster.Server.Host), new CredentialSources(environment, Plugins, Time, NullLoggerFactory.Instance),
            _ =>
            {
                var dialer = new FakeDialer();
                Dialers.Add(dialer);
                return dialer;
            },
            Time, NullLoggerFactory.Instance);
    }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(50));

    public string Directory { get; }

    public string KubeconfigPath { get; }

    public ScriptedPlugins Plugins { get; } = new();

    public List<FakeDialer> Dialers { get; } = [];

    public ClusterRegistry Registry { get; }

    /// <summary>The server of context <c>one</c>.</summary>
    public FakeApi Cluster => Api("one.test");

    public FakeApi Api(string host) => _apis.GetOrAdd(host, _ => new FakeApi());

    public void WriteKubeconfig(string current = "one", string serverOfOne = "https://one.test", string token = "t1", string extra = "")
    {
        File.WriteAllText(KubeconfigPath, $$$"""
            current-context: {{{current}}}
            contexts:
            - {name: one, context: {cluster: one, user: me, namespace: shop}}
            - {name: two, context: {cluster: two, user: me, namespace: shop}}
            clusters:
            - {name: one, cluster: {server: "{{{serverOfOne}}}" } }
            - {name: two, cluster: {server: "https://two.test"}}
            users:
            - name: me
              user: {token: "{{{token}}}"}
            {{{extra}}}
            """);
        // The file system's clock may be coarser than two writes of a test.
        File.SetLastWriteTimeUtc(KubeconfigPath, File.GetLastWriteTimeUtc(KubeconfigPath).AddSeconds(++_writes));
    }

    private int _writes;

    /// <summary>Lets time pass in small steps until the task ends.</summary>
    public async Task<T> PassTimeUntil<T>(Task<T> task)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (!task.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        return await task;
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}

/// <summary>Plugins that answer what the test says.</summary>
internal sealed class ScriptedPlugins : IPluginRunner
{
    private int _runs;

    public int Runs => _runs;

    public Func<int, Task<string>> Answer { get; set; } = _ => throw new InvalidOperationException("no plugin expected");

    public Task<string> RunAsync(ExecConfig plugin, string execInfo, CancellationToken cancellationToken) => Answer(Interlocked.Increment(ref _runs));
}
