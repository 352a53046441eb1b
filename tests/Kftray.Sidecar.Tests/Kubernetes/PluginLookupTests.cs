using Kftray.Sidecar.Kubernetes.Credentials;
using Xunit;

namespace Kftray.Sidecar.Tests.Kubernetes;

/// <summary>Which file a plugin's name stands for, and how one is run that is no program.</summary>
public sealed class PluginLookupTests
{
    [Fact]
    public void Find_OnUnix_TakesTheFirstFolderOfPathAndNeverTheCurrentOne()
    {
        var locator = new PluginLocator(false, null, path => path is "/a/login" or "/b/login" or "login" or "./login");
        Assert.Equal("/b/login", locator.Find("login", [".", "", "/none", "/b", "/a"]));
        Assert.Null(locator.Find("login", ["."]));
        Assert.Equal("/a/login", locator.Find("/a/login", []));
        Assert.Null(locator.Find("/c/login", ["/a"]));
    }

    [Theory]
    [InlineData("login", "login.EXE")]
    [InlineData("login.cmd", "login.cmd")]
    [InlineData("tool", "tool.CMD")]
    [InlineData("tool.v2", "tool.v2.BAT")]
    public void Find_OnWindows_TriesTheExtensionsOfPathExt(string command, string found)
    {
        var folder = OperatingSystem.IsWindows() ? @"C:\bin" : "/bin";
        var there = ((string[])["login.EXE", "login.cmd", "tool.CMD", "tool.v2.BAT"]).Select(name => Path.Combine(folder, name)).ToHashSet();
        var locator = new PluginLocator(true, ".COM;.EXE;.BAT;.CMD", there.Contains);
        Assert.Equal(Path.Combine(folder, found), locator.Find(command, [folder]));
    }

    [Theory]
    [InlineData("a.cmd", true)]
    [InlineData("a.BAT", true)]
    [InlineData("a.exe", false)]
    [InlineData("cmd", false)]
    public void Batch_IsToldByItsExtension(string path, bool isBatch) => Assert.Equal(isBatch, BatchCommandLine.IsBatch(path));

    [Fact]
    public void Batch_ArgumentsWithSpacesAndOperators_AreQuotedForCmd() => Assert.Equal(
        """/d /v:off /s /c ""C:\Program Files\aws.cmd" "eks" "get token" "a&b|c>d^e" "dir\\" "" "!x!" """.TrimEnd() + "\"",
        BatchCommandLine.Arguments(@"C:\Program Files\aws.cmd", ["eks", "get token", "a&b|c>d^e", @"dir\", "", "!x!"]));

    [Theory]
    [InlineData("say \"hi\"")]
    [InlineData("%PATH%")]
    [InlineData("a\nb")]
    public void Batch_ArgumentsThatCmdWouldChange_AreRefused(string argument) => Assert.Null(BatchCommandLine.Arguments("a.cmd", [argument]));

    [Theory]
    [InlineData("\u001b[31mred\u001b[0m", "red")]
    [InlineData("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2ln now", "got *** now")]
    [InlineData("Authorization: Bearer abcdefgh1234", "Authorization: Bearer ***")]
    [InlineData("{\"access_token\": \"abc\", \"x\": 1}", "{\"access_token\": ***, \"x\": 1}")]
    [InlineData("password=hunter2", "password=***")]
    [InlineData("key is s3cr3t-value", "key is ***")]
    [InlineData("open https://login.example/device and enter the code ABCD-1234", "open https://login.example/device and enter the code ABCD-1234")]
    [InlineData("two\nlines\u0007", "two\nlines")]
    public void Speech_IsShownWithoutWhatMayBeASecret(string said, string shown) => Assert.Equal(shown, PluginSpeech.Clean(said, ["s3cr3t-value"]));

    [Fact]
    public void Speech_OfManyWords_KeepsTheLast()
    {
        var shown = PluginSpeech.Clean(new string('x', 10_000) + " the end", []);
        Assert.EndsWith("the end", shown);
        Assert.Equal(PluginSpeech.MaxChars + 1, shown.Length);
    }
}
