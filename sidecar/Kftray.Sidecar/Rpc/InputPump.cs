using System.IO.Pipelines;

namespace Kftray.Sidecar.Rpc;

/// <summary>
/// Reads standard input on a thread of its own. Console streams only block, and a blocked read on the thread pool would take one of
/// its few threads from the forwards for the whole life of the process.
/// </summary>
internal static class InputPump
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Begins to read. The pipe ends when the input ends, and fails when it breaks or holds what is no message.</summary>
    public static PipeReader Start(Stream input)
    {
        var pipe = new Pipe();
        // A background thread: a read that never returns must not keep the process.
        new Thread(() => Run(input, pipe.Writer)) { IsBackground = true, Name = "stdin" }.Start();
        return pipe.Reader;
    }

    private static void Run(Stream input, PipeWriter writer)
    {
        try
        {
            Copy(input, writer.AsStream(leaveOpen: true));
            writer.Complete();
        }
        catch (Exception e)
        {
            // Whatever it is, the reader of the pipe is the one to say so and to end.
            writer.Complete(e);
        }
    }

    private static void Copy(Stream input, Stream output)
    {
        var guard = new FramingGuard();
        var buffer = new byte[BufferBytes];
        while (input.Read(buffer) is > 0 and var read)
        {
            guard.Inspect(buffer.AsSpan(0, read));
            output.Write(buffer, 0, read);
        }
    }
}
