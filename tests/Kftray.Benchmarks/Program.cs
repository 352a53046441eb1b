using System.CommandLine;
using BenchmarkDotNet.Running;
using Kftray.Benchmarks;
using Kftray.Benchmarks.Pieces;

// BenchmarkDotNet has a command line of its own: everything after --pieces is for it.
if (args is ["--pieces", .. var rest])
{
    BenchmarkSwitcher.FromTypes([typeof(FrameBenchmarks), typeof(ReceiveBufferBenchmarks), typeof(PumpBenchmarks)]).Run(rest.Length > 0 ? rest : ["--filter", "*"]);
    return 0;
}

return await BenchCommand.Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
