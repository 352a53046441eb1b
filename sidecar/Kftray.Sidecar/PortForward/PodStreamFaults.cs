using Kftray.Sidecar.Contract;
using Kftray.Sidecar.Forwarding;

namespace Kftray.Sidecar.PortForward;

/// <summary>
/// The one place where a text is looked at: kubelet and the container runtimes say on the error stream, in free words, why a stream failed.
/// </summary>
internal static class PodStreamFaults
{
    /// <summary>Sentences are short; more bytes than this are not one of them.</summary>
    public const int MaxErrorText = 8 * 1024;

    /// <summary>What a sentence on the error stream means; null when the connection ended as connections do.</summary>
    /// <param name="afterDataFin">True when the pod's side of the data had ended before the sentence came.</param>
    public static PodStreamFailure? FromErrorStream(string text, bool afterDataFin)
    {
        if (Says("connection refused"))
        {
            return new(
                new Fault(
                    FaultKind.ConnectionRefused,
                    "Nothing listens on the port inside the pod.",
                    "Check the port, and that the process listens on localhost or all addresses of the pod."),
                ApplicationGotNothing: true);
        }

        // Not just any mention of a network namespace: containerd begins every sentence with one, "connection reset by peer" too.
        if (Says("failed to find sandbox") || (Says("network namespace") && Says("for sandbox")) || Says("pod does not exist") || Says("pod not found")
            || Says("container not running") || (Says("sandbox") && Says("not found")))
        {
            return new(new Fault(FaultKind.PodGone, "The pod is gone."), ApplicationGotNothing: true);
        }

        // The application had closed its end when the client still wrote: all it had to say has been delivered.
        if (Says("broken pipe") && afterDataFin)
            return null;

        if (Says("connection reset by peer") || Says("broken pipe"))
            return Reset;

        return new(new Fault(FaultKind.Unknown, $"The pod's node said: {Shorten(text)}"), ApplicationGotNothing: false);

        bool Says(string words) => text.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The application reset the connection.</summary>
    public static PodStreamFailure Reset { get; } =
        new(new Fault(FaultKind.ConnectionLost, "The application reset the connection."), ApplicationGotNothing: false);

    private static string Shorten(string text)
    {
        text = text.ReplaceLineEndings(" ").Trim();
        return text.Length <= 300 ? text : string.Concat(text.AsSpan(0, 300), "…");
    }
}
