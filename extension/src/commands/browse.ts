import type * as vscode from 'vscode';
import { SidecarRequestError } from '../sidecar/errors';
import { type BrowseParams, type BrowseResult, type Fault } from '../sidecar/protocol.generated';
import { type Settings } from '../settings';
import { type SidecarSupervisor } from '../sidecar/supervisor';

/** What asking the cluster takes. */
export interface BrowseContext {
  readonly supervisor: SidecarSupervisor;
  readonly settings: Settings;
}

/** Asks the sidecar what there is to forward, with the kubeconfig of the settings. */
export async function browseCluster({ supervisor, settings }: BrowseContext, params: BrowseParams, token?: vscode.CancellationToken): Promise<BrowseResult> {
  const connection = await supervisor.connection();
  const { kubeconfig } = settings;
  try {
    return await connection.request('cluster/browse', { ...params, ...(kubeconfig.length > 0 ? { kubeconfig } : {}) }, token);
  } catch (error) {
    // The fault that the error carries knows what to do about it.
    const hint = faultOf(error)?.hint;
    throw hint === undefined || !(error instanceof Error) ? error : new Error(`${error.message} ${hint}`, { cause: error });
  }
}

/** The fault behind a refused request, if there is one. */
export function faultOf(error: unknown): Fault | undefined {
  const refusal = error instanceof Error && error.cause instanceof SidecarRequestError ? error.cause : error;
  return refusal instanceof SidecarRequestError && typeof refusal.data === 'object' && refusal.data !== null && 'kind' in refusal.data ? (refusal.data as Fault) : undefined;
}
