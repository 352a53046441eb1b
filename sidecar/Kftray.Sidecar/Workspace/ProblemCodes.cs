namespace Kftray.Sidecar.Workspace;

/// <summary>The stable words of <see cref="Contract.Problem.Code"/>; quick fixes are chosen by them.</summary>
internal static class ProblemCodes
{
    public const string Syntax = "syntax";
    public const string UnsupportedVersion = "unsupported-version";
    public const string DuplicateKey = "duplicate-key";
    public const string UnknownKey = "unknown-key";
    public const string UnusedKey = "unused-key";
    public const string MissingKey = "missing-key";
    public const string WrongType = "wrong-type";
    public const string OutOfRange = "out-of-range";
    public const string UnknownValue = "unknown-value";
    public const string InvalidValue = "invalid-value";
    public const string DuplicateAlias = "duplicate-alias";
    public const string DuplicateLocalPort = "duplicate-local-port";
    public const string PrivilegedPort = "privileged-port";
    public const string UnknownContext = "unknown-context";
    public const string NoLocalPort = "no-local-port";
    public const string AbsoluteKubeconfig = "absolute-kubeconfig";
    public const string NonLoopbackAddress = "non-loopback-address";
    public const string NotSupported = "not-supported";
}
