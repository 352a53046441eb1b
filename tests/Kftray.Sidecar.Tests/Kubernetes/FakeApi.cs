using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
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

    /// <summary>Objects that were created, as they were sent.</summary>
    public ConcurrentQueue<string> Created { get; } = [];

    public IReadOnlyList<string> Items(string kind)
    {
        lock (_gate)
            return _objects.TryGetValue(kind, out var known) ? [.. known.Values] : [];
    }

    /// <summary>What is known of a kind, by name.</summary>
    public IReadOnlyList<string> Names(string kind)
    {
        lock (_gate)
            return _objects.TryGetValue(kind, out var known) ? [.. known.Keys] : [];
    }

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

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : null;
            var response = request.Method == HttpMethod.Get ? Answer(request.RequestUri!) : Change(request, body ?? "");
            response.RequestMessage = request;
            return response;
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
        var rest = at >= 0 && segments.Length > at + 2 ? segments[(at + 2)..] : at >= 0 ? segments[at..] : segments[^1..];
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

    // Creation, merge patch of labels, deletion: what relays need.
    private HttpResponseMessage Change(HttpRequestMessage request, string body)
    {
        var segments = request.RequestUri!.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var rest = segments[(Array.IndexOf(segments, "namespaces") + 2)..];
        var (kind, sent) = (rest[0], JsonNode.Parse(body)!);
        var verb = request.Method == HttpMethod.Post ? "create" : request.Method == HttpMethod.Patch ? "patch" : "delete";
        lock (_gate)
        {
            if (_refusals.TryGetValue((verb, kind), out var refusal))
                return refusal();
            var name = rest.Length > 1 ? rest[1] : sent["metadata"]!["name"]!.GetValue<string>();
            if (verb == "create")
            {
                Created.Enqueue(body);
                sent["metadata"]!["uid"] = $"{name}-uid";
            }
            else if (!_objects.TryGetValue(kind, out var known) || !known.ContainsKey(name))
            {
                return Status(HttpStatusCode.NotFound, "NotFound", $$"""{"name":"{{name}}","kind":"{{kind}}"}""");
            }

            if (verb == "delete")
            {
                Delete(kind, name);
                return Ok("{}");
            }

            if (verb == "patch")
                sent = Relabelled(JsonNode.Parse(_objects[kind][name])!, sent["metadata"]!["labels"]!.AsObject());
            sent["metadata"]!["resourceVersion"] = "$version";
            Put(kind, name, sent.ToJsonString());
            return Ok(_objects[kind][name]);
        }
    }

    private static JsonNode Relabelled(JsonNode item, JsonObject labels)
    {
        foreach (var (key, value) in labels)
            item["metadata"]!["labels"]![key] = value!.DeepClone();
        return item;
    }

    private HttpResponseMessage VersionAnswer()
    {
        lock (_gate)
            return _refusals.TryGetValue(("get", "version"), out var refusal) ? refusal() : Ok("{}");
    }

    private string List(Dictionary<string, string> objects, string query)
    {
        var labels = Uri.UnescapeDataString(query.Split("labelSelector=").ElementAtOrDefault(1) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        objects = objects.Where(item => labels.All(label => HasLabel(item.Value, label))).ToDictionary();
        var start = query.Contains("continue=") ? int.Parse(query.Split("continue=")[1].Split('&')[0]) : 0;
        var size = PageSize == 0 ? int.MaxValue : PageSize;
        var page = objects.Values.Skip(start).Take(size);
        var next = PageSize > 0 && start + size < objects.Count ? $"{start + size}" : "";
        return $$"""{"metadata":{"resourceVersion":"{{_version}}","continue":"{{next}}"},"items":[{{string.Join(',', page)}}]}""";
    }

    private static bool HasLabel(string item, string label) =>
        JsonNode.Parse(item)!["metadata"]!["labels"]?[label.Split('=')[0]]?.GetValue<string>() is { } value
        && (label.Split('=') is [_, var wanted] ? value == wanted : true);

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
