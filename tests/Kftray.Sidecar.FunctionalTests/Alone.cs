using Xunit;

namespace Kftray.Sidecar.FunctionalTests;

/// <summary>Tests that measure how long something takes: not while others use the processor.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
