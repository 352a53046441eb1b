using System.Net.Http.Headers;
using System.Text.Json;

namespace Kftray.Sidecar.Kubernetes.Examination;

/// <param name="Group">API group; empty for the core.</param>
/// <param name="Resource">With its subresource, as roles spell it: <c>pods/portforward</c>.</param>
internal readonly record struct Permission(string Verb, string Group, string Resource)
{
    public override string ToString() => $"{Verb} {Resource}";
}

/// <summary>
/// Asks what the user may do. https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access : the one request of ours
/// that is a POST and still changes nothing.
/// </summary>
internal static class AccessReview
{
    private const string Path = "apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    public static HttpRequestMessage Ask(Permission permission, string ns)
    {
        var (resource, subresource) = permission.Resource.Split('/', 2) is [var head, var tail] ? (head, tail) : (permission.Resource, null);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("apiVersion", "authorization.k8s.io/v1");
            json.WriteString("kind", "SelfSubjectAccessReview");
            json.WriteStartObject("spec");
            json.WriteStartObject("resourceAttributes");
            json.WriteString("namespace", ns);
            json.WriteString("verb", permission.Verb);
            json.WriteString("group", permission.Group);
            json.WriteString("resource", resource);
            if (subresource is not null)
                json.WriteString("subresource", subresource);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Path, UriKind.Relative))
        {
            Content = new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
        };
        return ApiRequest.Describe(request, "ask what you may do");
    }

    public static async Task<bool> ReadAsync(HttpResponseMessage response, string context, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            using var json = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return json.RootElement.GetProperty("status").GetProperty("allowed").GetBoolean();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw KubernetesFaults.Unreadable(e as JsonException ?? new JsonException("no review", e), context);
        }
    }
}
