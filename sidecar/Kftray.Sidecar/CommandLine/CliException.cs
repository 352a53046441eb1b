namespace Kftray.Sidecar.CommandLine;

/// <summary>A verb cannot go on; the message is one sentence for the person at the terminal.</summary>
internal sealed class CliException(string sentence, Exception? inner = null) : Exception(sentence, inner);
