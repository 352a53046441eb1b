using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kftray.Sidecar.Contract;

/// <summary>Where a document comes from. Later kinds refine earlier ones by alias.</summary>
[JsonConverter(typeof(CamelCaseEnum<DocumentKind>))]
public enum DocumentKind
{
    /// <summary><c>.vscode/kftray.json</c>: shared with the team.</summary>
    Shared,

    /// <summary><c>.vscode/kftray.local.json</c>: this person's changes to the shared file.</summary>
    Local,

    /// <summary>The user's own forwards, outside any workspace.</summary>
    User,

    /// <summary>Forwards that last as long as the window.</summary>
    Session,
}

/// <summary>One config document, by content: the sidecar reads no workspace file itself.</summary>
/// <param name="Uri">Names the document in problems and snapshots.</param>
/// <param name="Folder">Name of the workspace folder; it is the forward's source. <c>user</c> for user and session documents.</param>
public sealed record ConfigDocument(
    [property: JsonRequired] string Uri,
    [property: JsonRequired] string Folder,
    [property: JsonRequired] DocumentKind Kind,
    [property: JsonRequired] string Text);

/// <summary>
/// All that is wanted, every time: start, stop, edit, reload and recovery after a crash are this one idempotent request.
/// </summary>
/// <remarks>
/// These two records have setters because the source-generated serializer overwrites the initializer of an <c>init</c> property with null
/// when the wire leaves the property out.
/// </remarks>
public sealed record ApplyParams
{
    public IReadOnlyList<ConfigDocument> Documents { get; set; } = [];

    /// <summary>Ids of the forwards that should run.</summary>
    public IReadOnlyList<string> Enabled { get; set; } = [];

    /// <summary>False in Restricted Mode: documents are parsed and nothing else happens.</summary>
    public bool Trusted { get; set; }

    /// <summary>Kubeconfig files inside a workspace folder, or folders of such, that the user allowed to be used.</summary>
    public IReadOnlyList<string> Consents { get; set; } = [];

    public SidecarSettings Settings { get; set; } = new();
}

/// <summary>Settings that hold wherever a document says nothing else.</summary>
public sealed record SidecarSettings
{
    /// <summary>Kubeconfig files; empty means <c>$KUBECONFIG</c>, else <c>~/.kube/config</c>.</summary>
    public IReadOnlyList<string> Kubeconfig { get; set; } = [];

    /// <summary>Null means the kubeconfig's current context.</summary>
    public string? DefaultContext { get; set; }

    /// <summary>Null means the context's namespace, else <c>default</c>.</summary>
    public string? DefaultNamespace { get; set; }

    public string LocalAddress { get; set; } = "127.0.0.1";

    public bool AllowNonLoopback { get; set; }

    /// <summary>How long a new connection is held while its forward reconnects. 0–3600.</summary>
    public double HoldSeconds { get; set; } = 30;

    /// <summary>The longest pause between two attempts to reconnect. 1–3600.</summary>
    public double ReconnectMaxDelaySeconds { get; set; } = 30;

    /// <summary>
    /// Connections to one pod up to this number get a session to the cluster of their own, so that none can slow another down; more of them
    /// share. 1–64.
    /// </summary>
    public int MaxSessionsPerPod { get; set; } = 8;

    /// <summary>The relay of UDP and proxy forwards: the object that <c>relay</c> is in a config file. Null means defaults.</summary>
    public JsonElement? Relay { get; set; }

    /// <summary>Where a forward's local port is in use: listen on the next free one above it.</summary>
    public bool NextFreeLocalPort { get; set; }
}

[JsonConverter(typeof(CamelCaseEnum<ProblemSeverity>))]
public enum ProblemSeverity
{
    Error,
    Warning,
    Information,
    Hint,
}

/// <summary>A place in a document. Lines and columns count from 0, columns in UTF-16 units, as the editor counts them.</summary>
public sealed record TextRange(int StartLine, int StartColumn, int EndLine, int EndColumn);

/// <summary>Something a person should change in a document.</summary>
/// <param name="Code">Stable word for tests and links, such as <c>unknown-key</c>.</param>
/// <param name="Fix">A change that settles it; null where a person has to think.</param>
public sealed record Problem(string Uri, TextRange Range, ProblemSeverity Severity, string Code, string Message, ProblemFix? Fix = null);

/// <summary>A change of the document that has the problem.</summary>
/// <param name="Title">What it does, as an instruction.</param>
/// <param name="NewText">Takes the place of the range; null: the key whose key or value is at the range goes, with its value.</param>
public sealed record ProblemFix(string Title, TextRange Range, string? NewText);

/// <summary>Where a forward is defined: the range of its object.</summary>
public sealed record ForwardRange(string Id, string Uri, TextRange Range);

/// <summary>The answer to <c>workspace/apply</c>. The states follow as <c>forwards/changed</c>.</summary>
public sealed record ApplyResult(IReadOnlyList<Problem> Problems, IReadOnlyList<ForwardRange> Ranges);
