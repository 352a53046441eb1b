namespace Kftray.Sidecar.Diagnostics;

internal static partial class EventIds
{
    public const int ForwardChanged = 6000;
    public const int ForwardActive = 6001;
    public const int ForwardReconnecting = 6002;
    public const int ForwardStillReconnecting = 6003;
    public const int ForwardFailed = 6004;
    public const int ForwardStopped = 6005;
    public const int ResolverStopped = 6006;
    public const int ForwardFaulted = 6007;
    public const int ConnectionEnded = 6010;
    public const int ConnectionFaulted = 6011;
    public const int ConnectionReplayed = 6012;
    public const int ConnectionLingered = 6013;
}
