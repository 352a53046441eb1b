namespace Kftray.Sidecar.PortForward;

/// <summary>How many sessions the pools may open, as the settings say now.</summary>
internal sealed class SessionLimits
{
    /// <summary>Even with those that do not count there are no more than this for one pod.</summary>
    public const int Hard = 64;

    private volatile int _perPod = 8;

    /// <summary>Sessions in use above which connections share. 1–<see cref="Hard"/>.</summary>
    public int PerPod
    {
        get => _perPod;
        set => _perPod = Math.Clamp(value, 1, Hard);
    }
}
