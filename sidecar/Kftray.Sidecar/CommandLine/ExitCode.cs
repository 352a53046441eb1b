namespace Kftray.Sidecar.CommandLine;

/// <summary>How the process ends.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It did not work, or <c>check</c> found something.</summary>
    public const int Failure = 1;

    /// <summary>The command line was not understood.</summary>
    public const int Usage = 2;
}
