import * as vscode from 'vscode';
import { type RelayInfo, type RelayUse } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';
import { notifyInformation } from '../views/notify';

/** Shows what UDP and proxy forwards have made in the clusters, and removes what the user picks. What nobody needs is picked already. */
export async function removeRelays({ supervisor, settings }: CommandContext): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    throw new Error(vscode.l10n.t('In Restricted Mode Kftray asks no cluster, because a kubeconfig can run programs. Trust the workspace first.'));
  }
  const connection = await supervisor.connection();
  const { kubeconfig } = settings;
  const { relays, faults } = await connection.request('relay/list', { kubeconfig });
  if (relays.length === 0) {
    throw new Error(faults[0]?.message ?? vscode.l10n.t('There are no relays of yours in the clusters that are looked at.'));
  }
  const chosen = await vscode.window.showQuickPick(relays.map(relayItem), {
    canPickMany: true,
    placeHolder: vscode.l10n.t('Remove which relays? One that a forward needs is started again.'),
  });
  if (chosen === undefined || chosen.length === 0) {
    return;
  }
  const { removed, faults: refusals } = await connection.request('relay/remove', { kubeconfig, relays: chosen.map(({ relay }) => relay) });
  if (refusals[0] !== undefined) {
    throw new Error(refusals[0].message);
  }
  void notifyInformation(vscode.l10n.t('Relays removed: {0}.', removed.length));
}

/** One relay in a list. */
export function relayItem(relay: RelayInfo): vscode.QuickPickItem & { readonly relay: RelayInfo } {
  return {
    label: relay.target === '' ? relay.name : relay.target,
    description: useText(relay.use),
    detail: `${relay.context} · ${relay.namespace}/${relay.name}`,
    picked: relay.use === 'orphaned',
    relay,
  };
}

function useText(use: RelayUse): string {
  switch (use) {
    case 'inUse':
      return vscode.l10n.t('in use');
    case 'inUseElsewhere':
      return vscode.l10n.t('in use by another window or terminal');
    case 'orphaned':
      return vscode.l10n.t('nobody needs it');
    case 'desktopApp':
      return vscode.l10n.t('made by the desktop app');
  }
}
