namespace Kftray.Testing.PortForward;

/// <summary>How the container runtime behind port-forward treats the end of one direction.</summary>
public enum RuntimeCharacter
{
    /// <summary>The client's end is not passed on; one second after either direction has ended, both are cut.</summary>
    Containerd,

    /// <summary>The client's end half-closes the application's socket, the application's end is passed on at once.</summary>
    CriO,
}
