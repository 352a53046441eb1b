namespace Kftray.Sidecar.Kubernetes;

/// <summary>What a request is for, carried along with it so that a refusal can be told in the user's terms.</summary>
/// <param name="What">Completes "You may not …": <c>list pods in namespace 'shop'</c>.</param>
/// <param name="Context">The kubeconfig context.</param>
internal readonly record struct ApiRequest(string What, string Context)
{
    private static readonly HttpRequestOptionsKey<string> WhatKey = new("kftray.what");
    private static readonly HttpRequestOptionsKey<string> ContextKey = new("kftray.context");

    public static HttpRequestMessage Get(string path, string what) => Describe(new(HttpMethod.Get, new Uri(path, UriKind.Relative)), what);

    public static HttpRequestMessage Describe(HttpRequestMessage request, string what)
    {
        request.Options.Set(WhatKey, what);
        return request;
    }

    public static void SetContext(HttpRequestMessage request, string context) => request.Options.Set(ContextKey, context);

    public static ApiRequest Of(HttpResponseMessage response) => new(
        response.RequestMessage?.Options.TryGetValue(WhatKey, out var what) == true ? what : "do this",
        response.RequestMessage?.Options.TryGetValue(ContextKey, out var context) == true ? context : "?");
}
