using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar.Forwarding;

/// <summary>What every forward needs from outside.</summary>
internal sealed record ForwardDependencies(
    ILocalEndpointBinder Binder, ITargetResolver Resolver, TimeProvider Time, ILoggerFactory Loggers);
