using System.Text.Json.Nodes;
using Kftray.Testing.Http;

namespace Kftray.Conformance.Tests;

/// <summary>The three kinds of patch, on the fields that clients patch.</summary>
public sealed class PatchTests
{
    [Theory]
    [InlineData("""{"containers":[{"name":"a","image":"1"}]}""", """{"containers":[{"name":"a","image":"2"}]}""", """{"containers":[{"name":"a","image":"2"}]}""")]
    [InlineData("""{"containers":[{"name":"a"}]}""", """{"containers":[{"name":"b"}]}""", """{"containers":[{"name":"a"},{"name":"b"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"$patch":"delete","name":"a"}]}""", """{"containers":[{"name":"b"}]}""")]
    [InlineData("""{"ports":[{"port":80,"name":"x"}]}""", """{"$setElementOrder/ports":[{"port":80}],"ports":[{"port":80,"targetPort":1}]}""", """{"ports":[{"port":80,"name":"x","targetPort":1}]}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":null,"d":3}}""", """{"a":{"c":2,"d":3}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{"$patch":"replace","d":3}}""", """{"a":{"d":3}}""")]
    [InlineData("""{"finalizers":["x","y"]}""", """{"$deleteFromPrimitiveList/finalizers":["x"]}""", """{"finalizers":["y"]}""")]
    [InlineData("""{"args":["x","y"]}""", """{"args":["z"]}""", """{"args":["z"]}""")]
    public void StrategicMerge_FollowsTheMergeKeys(string target, string patch, string expected) =>
        AssertSame(expected, StrategicMergePatch.Apply(Parse(target), Parse(patch)));

    [Fact]
    public void Merge_ReplacesListsAndRemovesNulls() =>
        AssertSame("""{"a":[3],"c":{"d":1}}""", MergePatch.Apply(Parse("""{"a":[1,2],"b":1,"c":{}}"""), Parse("""{"a":[3],"b":null,"c":{"d":1,"e":null}}""")));

    [Fact]
    public void JsonPatch_AddsRemovesReplacesAndTests() => AssertSame(
        """{"a":[0,1],"m":{"x/y":2}}""",
        JsonPatch.Apply(
            Parse("""{"a":[1,9],"b":1,"m":{}}"""),
            JsonNode.Parse("""[{"op":"test","path":"/b","value":1},{"op":"remove","path":"/b"},{"op":"add","path":"/a/0","value":0},{"op":"remove","path":"/a/2"},{"op":"add","path":"/m/x~1y","value":2}]""")!.AsArray()));

    [Fact]
    public void JsonPatch_WhoseTestFails_IsRefused() => Assert.Equal(
        422, Assert.Throws<ApiException>(() => JsonPatch.Apply(Parse("""{"b":1}"""), JsonNode.Parse("""[{"op":"test","path":"/b","value":2}]""")!.AsArray())).Code);

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private static void AssertSame(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual.ToJsonString()}");
}
