using System.Text.Json.Nodes;
using Kftray.Sidecar.Workspace;
using Xunit;

namespace Kftray.Sidecar.Tests.Workspace;

public sealed class TransferTests
{
    private const string OfTheApp = """
        [{"id": 3, "service": "api", "namespace": "shop", "local_port": 8080, "remote_port": 80, "context": "kind", "workload_type": "service",
          "protocol": "tcp", "remote_address": null, "local_address": "127.0.0.1", "alias": "shop/api", "domain_enabled": true,
          "kubeconfig": "default", "target": null, "http_logs_enabled": false, "surprise": 1}]
        """;

    [Fact]
    public void Import_FileOfTheApp_KeepsWhatBothKnow_AndNamesTheRest()
    {
        var result = Transfer.Import(OfTheApp);
        Assert.Equal(1, result.Count);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""[{"alias": "shop/api", "service": "api", "remote_port": 80, "local_port": 8080, "namespace": "shop", "context": "kind"}]"""),
            JsonNode.Parse(result.Text)));
        Assert.Equal(["domain_enabled", "surprise"], result.Notes.Select(note => note.Key));
        Assert.All(result.Notes, note => Assert.Equal("shop/api", note.Alias));
    }

    [Fact]
    public void Import_WhatIsNoJson_SaysSo()
    {
        var result = Transfer.Import("[{");
        Assert.Equal((0, "[]"), (result.Count, result.Text));
        Assert.Contains("Not valid JSON", Assert.Single(result.Notes).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_ThenImport_LosesNothingThatBothKnow()
    {
        const string text = """
            {"defaults": {"namespace": "shop", "context": "kind"}, "forwards": [
              {"alias": "api", "service": "api", "local_port": 8080, "remote_port": 80, "domain_enabled": true},
              {"alias": "db", "workload_type": "pod", "target": "app=db", "remote_port": 5432},
              {"alias": "host", "workload_type": "proxy", "remote_address": "10.0.0.1", "remote_port": 22, "protocol": "udp", "local_address": "127.0.0.2", "kubeconfig": "/kube"}]}
            """;
        var before = Documents.Read(Documents.User(text));
        var exported = Transfer.Export(before);
        Assert.Equal((3, 0), (exported.Count, exported.Notes.Count));
        Assert.Equal(true, (bool?)JsonNode.Parse(exported.Text)![0]!["domain_enabled"]);

        var after = Documents.Read(Documents.User(Transfer.Import(exported.Text).Text));
        Assert.Equal(before.Forwards.Select(spec => spec with { Line = 0 }), after.Forwards.Select(spec => spec with { Line = 0 }));
    }

    [Fact]
    public void Export_WhatTheAppDoesNotKnow_IsInTheNotes()
    {
        var result = Transfer.Export(Documents.Read(Documents.Shared("""
            [{"alias": "a", "service": "a", "remote_port": 80, "open": "http", "hold_seconds": 5},
             {"alias": "b", "service": "b", "remote_port": "http", "namespace": "shop"},
             {"alias": "c", "remote_port": 80}]
            """)));
        Assert.Equal(
            [("a", "hold_seconds"), ("a", "open"), ("a", "namespace"), ("b", ""), ("c", "")],
            result.Notes.Select(note => (note.Alias, note.Key)));
        Assert.Equal(1, result.Count);
        Assert.Equal("@current", (string?)JsonNode.Parse(result.Text)![0]!["context"]);
    }
}
