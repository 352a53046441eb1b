import * as vscode from 'vscode';
import { type GroupBy } from '../model/grouping';
import { browseCluster } from './browse';
import { type CommandContext } from './context';
import { requireTrust } from './trust';

/** The context of forwards that name none. */
export async function selectContext(context: CommandContext): Promise<void> {
  requireTrust();
  const { contexts, currentContext } = await browseCluster(context, {});
  const chosen = context.settings.defaultContext;
  const items = [
    { label: vscode.l10n.t('The current context of the kubeconfig'), description: currentContext ?? '', name: '' },
    ...contexts.map((name) => ({ label: name, description: name === chosen ? vscode.l10n.t('chosen') : '', name })),
  ];
  const item = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Context of forwards that name none') });
  if (item) {
    await context.settings.setDefaultContext(item.name);
  }
}

export async function selectKubeconfig(context: CommandContext): Promise<void> {
  const files = await vscode.window.showOpenDialog({ canSelectMany: true, openLabel: vscode.l10n.t('Use as Kubeconfig'), title: vscode.l10n.t('Choose Kubeconfig File') });
  if (files && files.length > 0) {
    await context.settings.setKubeconfig(files.map(({ fsPath }) => fsPath));
  }
}

export async function groupBy({ settings }: CommandContext): Promise<void> {
  const choices: { label: string; value: GroupBy }[] = [
    { label: vscode.l10n.t('Prefix of the alias'), value: 'alias' },
    { label: vscode.l10n.t('Context'), value: 'context' },
    { label: vscode.l10n.t('Namespace'), value: 'namespace' },
    { label: vscode.l10n.t('No groups'), value: 'none' },
  ];
  const items = choices.map((choice) => ({ ...choice, description: choice.value === settings.groupBy ? vscode.l10n.t('current') : '' }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Group port forwards by…') });
  if (chosen) {
    await settings.setGroupBy(chosen.value);
  }
}
