using System.CommandLine;
using Kftray.Benchmarks.Forwarders;
using Kftray.Benchmarks.Harness;
using Kftray.Benchmarks.Rows;

namespace Kftray.Benchmarks;

/// <summary>The command line: which rows, against which cluster, how long.</summary>
internal static class BenchCommand
{
    private static readonly int[] ForwardCounts = [1, 10, 50, 100, 300];

    private static readonly Option<string> Sidecar = new("--sidecar") { Description = "The sidecar that is measured", Required = true };
    private static readonly Option<string?> Baseline = new("--baseline") { Description = "Another build of it, measured in the same rounds" };
    private static readonly Option<string> Kubectl = new("--kubectl") { Description = "kubectl", DefaultValueFactory = _ => "kubectl" };
    private static readonly Option<string?> TestCluster = new("--test-cluster") { Description = "The test cluster's program" };
    private static readonly Option<string?> Kubeconfig = new("--kubeconfig") { Description = "A real cluster instead of the test cluster" };
    private static readonly Option<string?> Context = new("--context") { Description = "Context of that kubeconfig" };
    private static readonly Option<string?> Target = new("--target") { Description = "An HTTP service there: namespace/service:port" };
    private static readonly Option<string?> Rows = new("--rows") { Description = "Some rows: names with commas between them" };
    private static readonly Option<int> Rounds = new("--rounds") { Description = "Alternating rounds of each row", DefaultValueFactory = _ => 5 };
    private static readonly Option<bool> Quick = new("--quick") { Description = "Short measurements, one round: shows that it works, proves nothing" };
    private static readonly Option<int> Soak = new("--soak") { Description = "Instead: minutes of mixed load on the sidecar, and its memory" };
    private static readonly Option<string?> Markdown = new("--markdown") { Description = "Also write the table to this file" };
    private static readonly Option<bool> List = new("--list") { Description = "The names of the rows" };

    public static RootCommand Create()
    {
        var command = new RootCommand("Measures the sidecar and kubectl port-forward side by side")
        {
            Sidecar, Baseline, Kubectl, TestCluster, Kubeconfig, Context, Target, Rows, Rounds, Quick, Soak, Markdown, List,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static IReadOnlyList<string> RowNames => [.. AllRows.InOrder.Select(row => row.Name), .. ForwardCounts.Select(count => $"forwards-{count}"), "start", "udp", "proxy", "ceiling"];

    private static async Task<int> RunAsync(ParseResult options, CancellationToken cancellationToken)
    {
        if (options.GetValue(List))
        {
            Console.WriteLine(string.Join('\n', RowNames));
            return 0;
        }

        var wanted = options.GetValue(Rows)?.Split(',').ToHashSet() ?? [.. RowNames];
        if (wanted.FirstOrDefault(name => !RowNames.Contains(name)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"There is no row {unknown}. --list names them.");
            return 2;
        }

        var quick = options.GetValue(Quick);
        var pace = quick ? new Pace(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), 20) : new Pace(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10), 100);
        var rounds = quick ? 1 : options.GetValue(Rounds);
        await using var scene = await SceneOfAsync(options, cancellationToken);
        if (options.GetValue(Soak) is > 0 and var minutes)
            return await SoakRun.RunAsync(new SidecarForwarder(options.GetValue(Sidecar)!), scene, TimeSpan.FromMinutes(minutes), Say, cancellationToken);

        List<IForwarder> forwarders = [new SidecarForwarder(options.GetValue(Sidecar)!), new KubectlForwarder(options.GetValue(Kubectl)!)];
        if (options.GetValue(Baseline) is { } baseline)
            forwarders.Insert(1, new SidecarForwarder(baseline, "baseline"));
        var results = new Results();
        await MeasureAsync(wanted, scene, forwarders, options.GetValue(Sidecar)!, options.GetValue(Kubectl)!, rounds, pace, results, cancellationToken);

        string[] subjects = [.. scene.Direct is null ? Array.Empty<string>() : ["direct", "ceiling"], "kubectl", .. forwarders.Select(forwarder => forwarder.Name).Where(name => name != "kubectl")];
        var table = Report.Markdown(await Machine.DescribeAsync(options.GetValue(Kubectl)!, cancellationToken), rounds, subjects, results);
        Console.WriteLine($"\n{table}");
        if (scene.Direct is not null)
            Console.WriteLine(Report.Fairness(results));
        if (options.GetValue(Markdown) is { } file)
            await File.WriteAllTextAsync(file, table, cancellationToken);
        return results.Figures.Any() && results.Figures.All(figure => figure.MedianOf("sidecar") is not null || figure.MedianOf("ceiling") is not null) ? 0 : 1;
    }

    private static async Task MeasureAsync(
        HashSet<string> wanted, Scene scene, IReadOnlyList<IForwarder> forwarders, string sidecar, string kubectl, int rounds, Pace pace, Results results,
        CancellationToken cancellationToken)
    {
        var runner = new Runner(scene, forwarders, pace, results, Say);
        try
        {
            foreach (var row in AllRows.InOrder.Where(row => wanted.Contains(row.Name)))
                await runner.RunAsync(row, rounds, cancellationToken);
        }
        finally
        {
            await runner.StopAsync();
        }

        foreach (var count in ForwardCounts.Where(count => wanted.Contains($"forwards-{count}")))
        {
            foreach (var forwarder in forwarders.Where(forwarder => count <= ManyForwards.MostForKubectl || forwarder is not KubectlForwarder))
                Add(forwarder.Name, await ManyForwards.MeasureAsync(forwarder, scene, count, cancellationToken));
        }

        if (wanted.Contains("start"))
            Add("sidecar", await StartUp.MeasureAsync(sidecar, cancellationToken));

        if (scene.Direct is not null && wanted.Contains("udp"))
            await new UdpRow(sidecar, kubectl, scene, rounds, pace, Add).MeasureAsync(cancellationToken);
        if (scene.Direct is not null && wanted.Contains("proxy"))
            await new ProxyRow(sidecar, kubectl, scene, rounds, pace, Add, Say).MeasureAsync(cancellationToken);

        for (var round = 0; scene.Direct is not null && wanted.Contains("ceiling") && round < rounds; round++)
            Add("ceiling", await Ceiling.MeasureAsync(scene.Kubeconfig, pace, cancellationToken));

        void Add(string subject, IReadOnlyList<Figure> figures)
        {
            foreach (var figure in figures)
            {
                results.Add(subject, figure);
                Say($"{subject,-27} {figure.Value,12:#,0.###}  {figure.Name}");
            }
        }
    }

    private static async Task<Scene> SceneOfAsync(ParseResult options, CancellationToken cancellationToken)
    {
        if (options.GetValue(Kubeconfig) is { } kubeconfig)
        {
            if (options.GetValue(Target)?.Split('/', ':') is not [var space, var service, var port])
                throw new ArgumentException("--kubeconfig needs --target namespace/service:port, an HTTP service.");
            var route = new Route(space, service, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
            return new Scene(Path.GetFullPath(kubeconfig), options.GetValue(Context), route, null, null, null, null, null);
        }

        var testCluster = options.GetValue(TestCluster) ?? throw new ArgumentException("Either --test-cluster or --kubeconfig.");
        return await Scene.StartAsync(testCluster, options.GetValue(Kubectl)!, cancellationToken);
    }

    private static void Say(string line) => Console.WriteLine(line);
}
