using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Kftray.Sidecar.Kubernetes;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>An API server without a socket: objects by kind, watches that the test feeds, refusals on demand.</summary>
internal sealed class FakeApi : IServerTransport
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, string>> _objects = [];
    private readonly List<(string Kind, PipeWriter Writer)> _watches = [];
    private readonly Dictionary<(string Verb, string Kind), Func<HttpResponseMessage>> _refusals = [];
    private readonly List<(int Version, string Kind, string Line)> _history = [];
    private int _version = 100;

    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Namespaces that are not there; every other is.</summary>
    public HashSet<string> MissingNamespaces { get; } = [];

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
            _version++;
            Send(kind, "DELETED", json!);
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
        try
        {
            var response = Answer(request.RequestUri!);
            response.RequestMessage = request;
            return Task.FromResult(response);
        }
        finally
        {
            // Afterwards: a test that has seen the request finds its watch open.
            Requests.Enqueue(request.RequestUri!.PathAndQuery);
        }
    }

    public void Dispose() => EndAll();

    private HttpResponseMessage Answer(Uri uri)
    {
        var segments = uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var query = uri.Query;
        var at = Array.IndexOf(segments, "namespaces");
        var rest = at >= 0 && segments.Length > at + 2 ? segments[(at + 2)..] : segments[Math.Max(at, 0)..];
        if (rest is ["version"])
            return VersionAnswer();
        var (kind, name) = (rest[0], rest.Length > 1 ? rest[1] : null);
        var verb = query.Contains("watch=true") ? "watch" : name is null ? "list" : "get";
        lock (_gate)
        {
            if (_refusals.TryGetValue((verb, kind), out var refusal))
                return refusal();
            var objects = _objects.TryGetValue(kind, out var known) ? known : [];
            return verb switch
            {
                "watch" => Watch(kind, query),
                "list" => Ok(List(objects, query)),
                _ when kind == "namespaces" && !MissingNamespaces.Contains(name!) => Ok($$$"""{"metadata":{"name":"{{{name}}}"} }"""),
                _ => objects.TryGetValue(name!, out var json) ? Ok(json)
                    : Status(HttpStatusCode.NotFound, "NotFound", $$"""{"name":"{{name}}","kind":"{{kind}}"}"""),
            };
        }
    }

    private HttpResponseMessage VersionAnswer()
    {
        lock (_gate)
            return _refusals.TryGetValue(("get", "version"), out var refusal) ? refusal() : Ok("{}");
    }

    private string List(Dictionary<string, string> objects, string query)
    {
        var start = query.Contains("continue=") ? int.Parse(query.Split("continue=")[1].Split('&')[0]) : 0;
        var size = PageSize == 0 ? int.MaxValue : PageSize;
        var page = objects.Values.Skip(start).Take(size);
        var next = PageSize > 0 && start + size < objects.Count ? $"{start + size}" : "";
        return $$"""{"metadata":{"resourceVersion":"{{_version}}","continue":"{{next}}"},"items":[{{string.Join(',', page)}}]}""";
    }

    private HttpResponseMessage Watch(string kind, string query)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1 << 20));
        _watches.Add((kind, pipe.Writer));
        var after = int.Parse(query.Split("resourceVersion=")[1].Split('&')[0]);
        foreach (var (_, _, line) in _history.Where(change => change.Kind == kind && change.Version > after))
            Write(pipe.Writer, line);
        return new(HttpStatusCode.OK) { Content = new StreamContent(pipe.Reader.AsStream()) };
    }

    private void Send(string kind, string type, string json)
    {
        var line = $$$"""{"type":"{{{type}}}","object":{{{json}}} }""" + "\n";
        _history.Add((_version, kind, line));
        Write(kind, line);
    }

    private void Write(string kind, string text)
    {
        foreach (var watch in _watches.Where(w => w.Kind == kind))
            Write(watch.Writer, text);
    }

    private static void Write(PipeWriter writer, string text)
    {
        writer.Write(Encoding.UTF8.GetBytes(text));
        // Below the pipe's threshold: completes at once.
        var flush = writer.FlushAsync().AsTask();
        Assert.True(flush.IsCompleted);
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
