namespace Kftray.Sidecar.Diagnostics;

internal static partial class EventIds
{
    // 3000–3999: Kubernetes.
    internal const int KubeconfigRead = 3000;
    internal const int KubeconfigBroken = 3001;
    internal const int ClusterOpened = 3010;
    internal const int ClusterReplaced = 3011;
    internal const int ClusterCredentialsReplaced = 3012;
    internal const int CredentialRefreshed = 3021;
    internal const int CredentialNotRefreshed = 3022;
    internal const int CredentialNotSaved = 3023;
    internal const int LoginShellRead = 3024;
    internal const int WatchSynced = 3030;
    internal const int WatchTrouble = 3031;
    internal const int WatchTroubleAgain = 3032;
    internal const int WatchRecovered = 3033;
    internal const int WatchExpired = 3034;
    internal const int WatchPolls = 3035;
    internal const int WatchDoubted = 3036;
    internal const int WatchSilent = 3037;
    internal const int RoadClosed = 3040;
    internal const int RoadOpened = 3041;
    internal const int MachineWoke = 3050;
    internal const int NetworkChanged = 3051;
}
