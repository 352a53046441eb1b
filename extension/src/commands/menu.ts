import * as vscode from 'vscode';
import { localUrl } from '../model/address';
import { canStart, isWanted } from '../model/rowState';
import { pendingSignIns, signInTitle } from '../model/signIns';
import { Throttle } from '../views/throttle';
import { type CommandContext } from './context';
import { type ForwardItem, forwardItem, stateOf } from './targets';

interface ActionItem extends vscode.QuickPickItem {
  readonly command?: readonly string[];
}

interface ForwardButton extends vscode.QuickInputButton {
  readonly command: string;
}

/** Rows that change under the pointer are pressed by mistake. Milliseconds. */
const refreshIntervalMs = 250;

/** The status bar's click: actions first, then every forward with its own. */
export async function showMenu(context: CommandContext): Promise<void> {
  const pick = vscode.window.createQuickPick<ActionItem | ForwardItem>();
  pick.placeholder = vscode.l10n.t('Port forwards');
  pick.matchOnDescription = true;
  pick.keepScrollPosition = true;
  const throttle = new Throttle(refreshIntervalMs, () => {
    const [active] = pick.activeItems;
    pick.items = items(context);
    const same = active && pick.items.find((item) => identity(item) === identity(active));
    if (same) {
      pick.activeItems = [same];
    }
  });
  const show = (): void => {
    throttle.request();
  };
  show();
  const chosen = await new Promise<readonly string[] | undefined>((resolve) => {
    const disposables = [
      throttle,
      context.store.onDidChangeState(show),
      pick.onDidAccept(() => {
        resolve(commandOf(context, pick.selectedItems[0]));
      }),
      pick.onDidTriggerItemButton(({ item, button }) => {
        // The menu stays open, so that several forwards can be started in a row.
        if ('snapshot' in item) {
          void vscode.commands.executeCommand((button as ForwardButton).command, item.snapshot.id);
        }
      }),
      pick.onDidHide(() => {
        resolve(undefined);
        vscode.Disposable.from(...disposables, pick).dispose();
      }),
    ];
    pick.show();
  });
  pick.hide();
  const [command, ...args] = chosen ?? [];
  if (command !== undefined) {
    await vscode.commands.executeCommand(command, ...args);
  }
}

/** Two sources may each have a forward of one alias. */
function identity(item: ActionItem | ForwardItem): string {
  return 'snapshot' in item ? item.snapshot.id : item.label;
}

function items(context: CommandContext): readonly (ActionItem | ForwardItem)[] {
  const forwards = context.store.all;
  const states = forwards.map((snapshot) => stateOf(context, snapshot));
  const action = (label: string, icon: string, ...command: string[]): ActionItem => ({ label, iconPath: new vscode.ThemeIcon(icon), command });
  return [
    ...(states.some(canStart) ? [action(vscode.l10n.t('Start All Forwards'), 'run-all', 'kftray.startAll')] : []),
    ...(states.some(isWanted) ? [action(vscode.l10n.t('Stop All Forwards'), 'stop-circle', 'kftray.stopAll')] : []),
    ...pendingSignIns(forwards).map((forward) => action(signInTitle(forward, vscode.l10n.t), 'key', 'kftray.signIn', forward.id)),
    action(vscode.l10n.t('Add Port Forward…'), 'add', 'kftray.add'),
    action(vscode.l10n.t('Show Log'), 'output', 'kftray.showLog'),
    { label: vscode.l10n.t('Port forwards'), kind: vscode.QuickPickItemKind.Separator },
    ...forwards.map((snapshot) => ({ ...forwardItem(context, snapshot), buttons: buttons(context, snapshot.id) })),
  ];
}

function buttons(context: CommandContext, id: string): readonly ForwardButton[] {
  const snapshot = context.store.get(id);
  if (!snapshot) {
    return [];
  }
  const state = stateOf(context, snapshot);
  const button = (icon: string, tooltip: string, command: string): ForwardButton => ({ iconPath: new vscode.ThemeIcon(icon), tooltip, command });
  return [
    ...(state === 'active' && localUrl(snapshot) ? [button('globe', vscode.l10n.t('Open in Browser'), 'kftray.openInBrowser')] : []),
    ...(state === 'active' ? [button('copy', vscode.l10n.t('Copy Local Address'), 'kftray.copyAddress')] : []),
    ...(canStart(state) ? [button('play', vscode.l10n.t('Start Forward'), 'kftray.start')] : []),
    ...(isWanted(state) ? [button('debug-stop', vscode.l10n.t('Stop Forward'), 'kftray.stop')] : []),
  ];
}

/** Choosing a forward does what its state suggests. */
function commandOf(context: CommandContext, item: ActionItem | ForwardItem | undefined): readonly string[] | undefined {
  if (!item || !('snapshot' in item)) {
    return item?.command;
  }
  const snapshot = context.store.get(item.snapshot.id) ?? item.snapshot;
  const state = stateOf(context, snapshot);
  const command = canStart(state) ? 'kftray.start' : isWanted(state) ? 'kftray.stop' : 'kftray.revealInConfig';
  return [command, snapshot.id];
}
