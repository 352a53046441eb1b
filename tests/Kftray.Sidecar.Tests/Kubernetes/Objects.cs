namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Objects as an API server writes them.</summary>
internal static class Objects
{
    public static string Pod(
        string name, bool ready = true, bool terminating = false, string uid = "", string labels = """{"app":"web"}""",
        string ports = """[{"name":"http","containerPort":8080}]""", string waiting = "",
        (string Kind, string Name)? owner = null)
    {
        var owners = owner is { } o ? $$$""","ownerReferences":[{"apiVersion":"apps/v1","kind":"{{{o.Kind}}}","name":"{{{o.Name}}}","uid":"o","controller":true}] """ : "";
        var deletion = terminating ? ""","deletionTimestamp":"2026-01-02T03:04:06Z" """ : "";
        var state = waiting.Length > 0 ? $$$"""{"waiting":{"reason":"{{{waiting}}}"}}""" : "{}";
        return $$$"""
            {"kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"shop","uid":"{{{(uid.Length > 0 ? uid : name + "-uid")}}}",
             "resourceVersion":"$version","labels":{{{labels}}},"creationTimestamp":"2026-01-02T03:04:05Z"{{{deletion}}}{{{owners}}} },
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
