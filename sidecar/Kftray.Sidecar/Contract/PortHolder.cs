namespace Kftray.Sidecar.Contract;

/// <summary>Who listens on a local port that a forward wants.</summary>
/// <param name="Address">Where it listens, such as <c>127.0.0.1</c> or <c>0.0.0.0</c>.</param>
/// <param name="ProcessId">Null where the system does not tell, as for processes of other users.</param>
/// <param name="Name">Name of the process; null when it is not known.</param>
/// <param name="Command">Its command line, shortened and without what looks like a secret; null when it is not known.</param>
/// <param name="IsKftray">True for another Kftray: of another window, or of a terminal.</param>
/// <param name="Window">The editor window that the other Kftray belongs to; null when it names none.</param>
public sealed record PortHolder(string Address, int? ProcessId, string? Name, string? Command, bool IsKftray, string? Window);
