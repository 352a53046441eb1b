using System.Globalization;
using System.Text.Json.Nodes;
using Kftray.Testing.Store;
using Microsoft.AspNetCore.Http;

namespace Kftray.Testing.Http;

/// <summary>Answers in the one format this server speaks.</summary>
internal static class Replies
{
    public static Task WriteJsonAsync(this HttpResponse response, JsonNode content, int code = 200, string contentType = "application/json") =>
        response.WriteJsonAsync(content.ToUtf8(), code, contentType);

    public static async Task WriteJsonAsync(
        this HttpResponse response, ReadOnlyMemory<byte> content, int code = 200, string contentType = "application/json")
    {
        response.StatusCode = code;
        response.ContentType = contentType;
        response.ContentLength = content.Length;
        await response.Body.WriteAsync(content);
    }

    public static Task WriteStatusAsync(this HttpResponse response, ApiException refusal)
    {
        if (refusal.RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return response.WriteJsonAsync(refusal.ToStatus(), refusal.Code);
    }

    /// <summary>The request's body as an object; an empty one is an empty object.</summary>
    /// <exception cref="ApiException">400, 415.</exception>
    public static async Task<JsonNode> ReadJsonAsync(this HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length == 0) return new JsonObject();
        if (ProtobufBody.IsProtobuf(request.ContentType)) return ProtobufBody.Decode(body.GetBuffer().AsSpan(0, (int)body.Length));
        if (request.ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) is false)
            throw ApiException.UnsupportedMediaType(request.ContentType);
        try
        {
            return JsonNode.Parse(body.GetBuffer().AsSpan(0, (int)body.Length)) ?? new JsonObject();
        }
        catch (System.Text.Json.JsonException e)
        {
            throw ApiException.BadRequest($"the object provided is unrecognized: {e.Message}");
        }
    }
}
