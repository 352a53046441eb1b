namespace Kftray.Sidecar.Diagnostics;

internal static partial class EventIds
{
    // 8000–8999: Relay.
    internal const int RelayReported = 8000;
    internal const int RelayCreated = 8001;
    internal const int RelayAdopted = 8002;
    internal const int RelayReady = 8003;
    internal const int RelayLost = 8004;
    internal const int RelayTrouble = 8005;
    internal const int RelayRemoved = 8006;
    internal const int RelayLeft = 8007;
    internal const int RelaySweepFailed = 8008;
}
