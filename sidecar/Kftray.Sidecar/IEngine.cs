using Kftray.Sidecar.Contract;
using Microsoft.Extensions.Logging;

namespace Kftray.Sidecar;

/// <summary>Makes the engine of one run of the process.</summary>
internal delegate IEngine EngineFactory(ILoggerFactory loggers);

/// <summary>What the pipe and the terminal drive: everything behind the contract. A seam, so that both are tested without forwards.</summary>
internal interface IEngine : IAsyncDisposable
{
    /// <summary>Every forward of the last apply, in its order.</summary>
    IReadOnlyList<ForwardSnapshot> Snapshots { get; }

    /// <summary>True when the last apply defined such a forward, running or not.</summary>
    bool Contains(string id);

    /// <summary>Makes what runs equal to what is wanted. Calls must not overlap.</summary>
    Task<ApplyResult> ApplyAsync(ApplyParams wanted, CancellationToken cancellationToken);

    /// <summary>Tries at once what a reconnecting or failed forward waits for.</summary>
    /// <returns>False when no such forward is running.</returns>
    bool Retry(string id);

    /// <summary>The user is there and signs in to the cluster of a forward. Takes as long as that does; forwards go on by themselves.</summary>
    /// <returns>Null when no such forward is running.</returns>
    Task<SignInResult?> SignInAsync(string id, CancellationToken cancellationToken);

    /// <summary>Closes the forward with its connections and starts it again.</summary>
    /// <returns>False when no such forward is running.</returns>
    Task<bool> RestartAsync(string id);

    /// <summary>Examines the forward, running or not, link by link. Changes nothing in the cluster.</summary>
    /// <returns>Null when there is no such forward.</returns>
    Task<Diagnosis?> DiagnoseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Follows the log of the first pod that the forward leads to, until it ends. Pieces wait for <paramref name="write"/>.</summary>
    /// <returns>Null when the forward has no pod of its own now.</returns>
    /// <exception cref="Forwarding.ForwardException">The cluster could not or would not answer.</exception>
    Task<FollowLogResult?> FollowLogAsync(
        FollowLogParams wanted, Func<PodLogParams, CancellationToken, ValueTask> write, CancellationToken cancellationToken);

    /// <summary>Whether a local port is free, who holds it, and which one is.</summary>
    Task<ProbePortResult> ProbePortAsync(ProbePortParams wanted, CancellationToken cancellationToken);

    /// <summary>What can be forwarded.</summary>
    /// <exception cref="Forwarding.ForwardException">The kubeconfig or the cluster could not answer.</exception>
    Task<BrowseResult> BrowseAsync(BrowseParams query, CancellationToken cancellationToken);

    /// <summary>The relays of this user in the clusters.</summary>
    /// <exception cref="Forwarding.ForwardException">The kubeconfig cannot be used.</exception>
    Task<RelayListResult> ListRelaysAsync(RelayListParams query, CancellationToken cancellationToken);

    /// <summary>Removes relays of this user, whether they are in use or not: a forward that needs one starts another.</summary>
    /// <exception cref="Forwarding.ForwardException">The kubeconfig cannot be used.</exception>
    Task<RelayRemoveResult> RemoveRelaysAsync(RelayRemoveParams wanted, CancellationToken cancellationToken);

    /// <summary>The forwards of a file of the desktop app, in the words of a config document.</summary>
    TransferResult Import(string text);

    /// <summary>The forwards of documents as a file of the desktop app.</summary>
    TransferResult Export(ApplyParams documents);

    /// <summary>Batches of changes, beginning with everything that is known. One consumer; ends by cancellation.</summary>
    IAsyncEnumerable<ForwardsChangedParams> ReadChangesAsync(CancellationToken stopping);
}
