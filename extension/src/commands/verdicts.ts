import * as vscode from 'vscode';
import { type ForwardSnapshot, type ProbePortResult } from '../sidecar/protocol.generated';

/** What is wrong with an input. A warning is shown but accepted. */
export interface Verdict {
  readonly message: string;
  readonly isWarning: boolean;
}

export function portProblem(value: string, least: number): string | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) >= least && Number(value) <= 65_535 ? undefined : vscode.l10n.t('A port is a number from {0} to 65535.', least);
}

/** A number, or a name as a container or a service gives one to a port. */
export function remotePortProblem(value: string): string | undefined {
  const isName = /^(?=.*[a-z])[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(value);
  return isName || portProblem(value, 1) === undefined ? undefined : vscode.l10n.t('A remote port is a number from 1 to 65535, or the name of a port.');
}

/** A remote port as a document has it: a number, or the name of a port. */
export function remotePortValue(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

export function kubernetesName(value: string): string | undefined {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value) && value.length <= 253 ? undefined : vscode.l10n.t('Names have lower-case letters, digits, "-" and ".".');
}

/** A port that is taken is accepted: whoever holds it may be gone by the time it is needed. */
export async function localPortVerdict(value: string, others: readonly ForwardSnapshot[], probe: (port: number) => Promise<ProbePortResult>): Promise<Verdict | undefined> {
  const message = portProblem(value, 0);
  if (message !== undefined) {
    return { message, isWarning: false };
  }
  const port = Number(value);
  const other = port === 0 ? undefined : others.find(({ localPort }) => localPort === port);
  if (other) {
    return { message: vscode.l10n.t('{0} has this port.', other.alias), isWarning: true };
  }
  const fault = port === 0 ? undefined : (await probe(port)).fault;
  return fault && { message: fault.message, isWarning: true };
}

export function aliasVerdict(value: string, others: readonly ForwardSnapshot[]): Verdict | undefined {
  const message =
    value === '' ? vscode.l10n.t('The forward needs a name.') : others.some(({ alias }) => alias === value) ? vscode.l10n.t('There is a forward of this name already.') : undefined;
  return message === undefined ? undefined : { message, isWarning: false };
}
