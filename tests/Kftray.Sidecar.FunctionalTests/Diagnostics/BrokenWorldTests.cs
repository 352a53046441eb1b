using System.Text.RegularExpressions;
using Kftray.Sidecar.Contract;
using Xunit;

namespace Kftray.Sidecar.FunctionalTests.Diagnostics;

/// <summary>
/// A world for each link of the chain and for the likely causes at it. The doctor names the link and the remedy, and the row of the running
/// forward says the same.
/// </summary>
public sealed class BrokenWorldTests : FunctionalTest
{
    private static readonly IReadOnlyList<BrokenWorld> Worlds = [.. LocalWorlds.All, .. ServerWorlds.All, .. PodWorlds.All];

    public static TheoryData<string> Names { get; } = [.. Worlds.Select(world => world.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Doctor_InABrokenWorld_NamesTheLinkAndTheRemedyAsTheRowDoes(string name)
    {
        var world = Worlds.Single(world => world.Name == name);
        await RunApplicationAsync("web", "http");
        using var lab = new Lab(Cluster, Folder, Kubeconfig, TimeoutToken);
        await world.Break(lab);

        await ApplyAsync(Fill(world.Forward, lab), wanted => world.Change?.Invoke(lab, wanted) ?? wanted);
        if (world.NeedsAClient)
        {
            using var client = await ConnectAsync((await BecomesAsync("web", ForwardStatus.Active)).LocalPort);
            await WaitForAsync("web", snapshot => snapshot.Fault is not null);
        }

        var row = await WaitForAsync("web", snapshot => snapshot.Fault?.Kind == world.Kind);
        var diagnosis = await DiagnoseAsync("web");

        Assert.Equal((world.Link, world.Kind), (diagnosis.BrokenLink, diagnosis.Fault?.Kind));
        var broken = diagnosis.Checks.First(check => check.Link == world.Link);
        AssertSays(Fill(world.Sentence, lab), broken.Seen);
        AssertSays(Fill(world.Remedy, lab), broken.Remedy);
        Assert.StartsWith($"The chain breaks at '{broken.Title}': ", diagnosis.Verdict, StringComparison.Ordinal);
        Assert.All(diagnosis.Checks.TakeWhile(check => check.Link != world.Link), check => Assert.NotEqual(CheckResult.Fail, check.Result));
        // One source: what is said here is what the row says.
        Assert.Equal(row.Fault!.Hint, diagnosis.Fault!.Hint);
        Assert.StartsWith(FirstSentence(diagnosis.Fault.Message), row.Fault.Message, StringComparison.Ordinal);
    }

    private static string Fill(string text, Lab lab) => text.Replace("{port}", $"{lab.Port}", StringComparison.Ordinal);

    private static void AssertSays(string expected, string? actual) =>
        Assert.Matches($"^{Regex.Escape(expected).Replace("…", ".*", StringComparison.Ordinal)}$", actual);

    private static string FirstSentence(string text) => text.Split(". ")[0];
}
