namespace Kftray.Testing.Pods;

/// <summary>A program of this machine that stands for what an image contains. It gets the container's environment and arguments.</summary>
/// <param name="Path">Empty or a file that does not exist: the image cannot be pulled, and the pod says so.</param>
public sealed record PodProgram(string Path, params string[] Arguments);
