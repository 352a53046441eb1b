/** The service cannot be used and trying again will not help: another version, another platform, no file. */
export class SidecarUnusableError extends Error {
  override readonly name = 'SidecarUnusableError';
}

/** The process ended, or does not speak the protocol. Another one may do better. */
export class SidecarCrashedError extends Error {
  override readonly name = 'SidecarCrashedError';
}

/** The supervisor was stopped: the window closes. */
export class SidecarStoppedError extends Error {
  override readonly name = 'SidecarStoppedError';
}

/** A request that was given up by who made it. */
export class SidecarCancelledError extends Error {
  override readonly name = 'SidecarCancelledError';
}

/** A request that the sidecar refused. `code` is one of `RpcErrors` or of JSON-RPC's own. */
export class SidecarRequestError extends Error {
  override readonly name = 'SidecarRequestError';

  constructor(
    message: string,
    readonly code: number,
    readonly data: unknown,
  ) {
    super(message);
  }
}
