namespace Kftray.Sidecar.Diagnostics;

internal static partial class EventIds
{
    public const int SessionOpened = 5000;
    public const int SessionEnded = 5001;
    public const int SessionRefused = 5002;
    public const int TransportChosen = 5003;
    public const int BrokenProtocol = 5004;
    public const int TransportFailed = 5005;
    public const int HalfCloseImpossible = 5006;
}
