using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <param name="Text">A file of the desktop app.</param>
public sealed record ImportParams([property: JsonRequired] string Text);

/// <summary>The forwards of one format in the other's words.</summary>
/// <param name="Text">JSON: an array of forwards.</param>
/// <param name="Count">How many forwards it holds.</param>
/// <param name="Notes">What could not be taken over, and why.</param>
public sealed record TransferResult(string Text, int Count, IReadOnlyList<TransferNote> Notes);

/// <param name="Alias">The forward; empty when it is about the file.</param>
/// <param name="Key">The key; empty when it is about the whole forward.</param>
public sealed record TransferNote(string Alias, string Key, string Message);
