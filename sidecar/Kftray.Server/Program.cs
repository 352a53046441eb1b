// The relay's process: environment in, lines on the standard error stream and an exit code out. 0: told to end, or idle; 1: the port cannot be
// bound; 2: the environment is wrong.
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kftray.Relay;

// The next connection is the one thing that .NET waits for (Poller has the rest). What is done for it at first runs on the thread that waits, one
// for both ports: 97 µs of processor time a connection in place of 120. Read by System.Net.Sockets when the first socket is made; there is no other
// way to set it.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");

using var output = TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true });
var time = TimeProvider.System;
var log = new RelayLog(output, time);
if (RelayOptions.Read(Environment.GetEnvironmentVariable, out var problems) is not { } options)
{
    log.Line($"{string.Join("; ", problems)}.");
    return 2;
}

using var stopping = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await RelayServer.Open(options, new Target(options, time), log, time).RunAsync(stopping.Token);
    return 0;
}
catch (SocketException error)
{
    log.Line($"port {options.LocalPort} cannot be bound: {error.SocketErrorCode}.");
    return 1;
}

void Stop(PosixSignalContext signal)
{
    // Ours to handle: the process ends when everything is closed.
    signal.Cancel = true;
    stopping.Cancel();
}
