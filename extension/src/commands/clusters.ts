import * as vscode from 'vscode';
import { type ClusterNode } from '../model/clusterNodes';
import { type BrowseWorkload } from '../sidecar/protocol.generated';
import { appendForwards, type NewForward } from '../workspace/configEdits';
import { editDocument } from '../workspace/documentEdits';
import { destination } from './add/add';
import { clusterNode, portNumbered, type SaveTarget } from './add/draft';
import { browseCluster } from './browse';
import { type CommandContext } from './context';
import { requireTrust } from './trust';
import { remotePortValue } from './verdicts';
import { notifyInformation } from '../views/notify';

/** Asks the cluster again: below a row, or for everything. */
export function refresh({ clusters }: CommandContext, ...args: unknown[]): Promise<void> {
  clusters.refresh(clusterNode(args[0]));
  return Promise.resolve();
}

/** Takes over the forwards that services ask for by annotation: those of one service, or of all in a namespace. */
export async function importAnnotated(context: CommandContext, ...args: unknown[]): Promise<void> {
  requireTrust();
  const node = clusterNode(args[0]);
  if (!node || (node.kind !== 'namespace' && node.kind !== 'workload')) {
    throw new Error(vscode.l10n.t('Choose a service or a namespace in the Clusters view first.'));
  }
  const forwards = (await annotatedWorkloads(context, node)).flatMap((workload) => annotatedForwards(node, workload));
  const known = new Set(context.store.all.map(({ alias }) => alias));
  const fresh = forwards.filter(({ alias }) => !known.has(alias));
  if (fresh.length === 0) {
    const message = forwards.length === 0 ? vscode.l10n.t('No service here has kftray.app annotations.') : vscode.l10n.t('All forwards of the annotations are there already.');
    void notifyInformation(message);
    return;
  }
  const saveTo = await pickSaveTarget(vscode.l10n.t('Keep {0} port forwards where?', fresh.length));
  const uri = saveTo && (await destination(context, saveTo));
  if (!uri) {
    return;
  }
  await editDocument(uri, (text) => appendForwards(text, fresh));
  await context.sync.apply();
}

export async function pickSaveTarget(placeHolder: string): Promise<SaveTarget | undefined> {
  const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0;
  const items: { label: string; description?: string; saveTo: SaveTarget }[] = [
    ...(hasFolder ? [{ label: vscode.l10n.t('Workspace'), description: '.vscode/kftray.json', saveTo: 'workspace' as const }] : []),
    { label: vscode.l10n.t('User'), description: vscode.l10n.t('in every workspace'), saveTo: 'user' },
    { label: vscode.l10n.t('This window'), description: vscode.l10n.t('until it is closed'), saveTo: 'session' },
  ];
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.saveTo;
}

async function annotatedWorkloads(context: CommandContext, node: Extract<ClusterNode, { kind: 'namespace' | 'workload' }>): Promise<readonly BrowseWorkload[]> {
  if (node.kind === 'workload') {
    return [node.workload];
  }
  return (await browseCluster(context, { context: node.context, namespace: node.namespace })).workloads;
}

function annotatedForwards({ context, namespace }: { context: string; namespace: string }, { name, ports, annotated }: BrowseWorkload): readonly NewForward[] {
  return (annotated ?? []).map(({ alias, localPort, remotePort }) => {
    const remote = remotePortValue(remotePort);
    const port = ports.find(({ name: portName }) => portName === remotePort) ?? (typeof remote === 'number' ? portNumbered(ports, remote) : undefined);
    return {
      alias,
      service: name,
      namespace,
      context,
      local_port: localPort,
      remote_port: remote,
      ...(port?.protocol === 'udp' ? { protocol: 'udp' as const } : {}),
    };
  });
}
