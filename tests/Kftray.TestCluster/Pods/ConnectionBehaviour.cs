namespace Kftray.Testing.Pods;

/// <summary>
/// What an application does with one connection. It may end in any way: the socket is closed when it returns, and a client that went
/// away (<see cref="System.Net.Sockets.SocketException"/>) is an ordinary end.
/// </summary>
public delegate Task ConnectionBehaviour(PodConnection connection, CancellationToken stopping);
