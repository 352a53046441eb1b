import * as vscode from 'vscode';
import { forwardIds, type TreeNode } from '../model/grouping';
import { presentRow } from '../model/presentation';
import { rowState, type RowState } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';

/** What a command can be applied to. */
export type Applies = (state: RowState, snapshot: ForwardSnapshot) => boolean;

/**
 * The forwards that a command is about: the selected rows, an id from a tooltip's link, or, when the command came from the palette or a key,
 * the view's selection, else the user's pick among the forwards to which the command applies.
 */
export async function targetForwards(context: CommandContext, args: readonly unknown[], applies: Applies, placeHolder: string): Promise<readonly ForwardSnapshot[]> {
  const given = idsOf(args);
  const ids = given.length > 0 ? given : context.view.visible ? context.view.selection.flatMap(forwardIds) : [];
  const fitting = snapshots(context, ids).filter((snapshot) => applies(stateOf(context, snapshot), snapshot));
  if (fitting.length > 0 || given.length > 0) {
    return fitting;
  }
  const candidates = context.store.all.filter((snapshot) => applies(stateOf(context, snapshot), snapshot));
  if (candidates.length === 0) {
    throw new Error(vscode.l10n.t('There is no port forward to which this applies.'));
  }
  const chosen = await vscode.window.showQuickPick(
    candidates.map((snapshot) => forwardItem(context, snapshot)),
    { placeHolder, matchOnDescription: true },
  );
  return chosen ? [chosen.snapshot] : [];
}

/** One forward, for commands that make no sense for several. */
export async function targetForward(context: CommandContext, args: readonly unknown[], applies: Applies, placeHolder: string): Promise<ForwardSnapshot | undefined> {
  return (await targetForwards(context, args.slice(0, 1), applies, placeHolder))[0];
}

export function stateOf({ store }: CommandContext, snapshot: ForwardSnapshot): RowState {
  return rowState(snapshot, store.isCurrent(snapshot.id));
}

export interface ForwardItem extends vscode.QuickPickItem {
  readonly snapshot: ForwardSnapshot;
}

/** A forward in a list. The icon is not part of the label: it would be read aloud. */
export function forwardItem({ store }: CommandContext, snapshot: ForwardSnapshot): ForwardItem {
  const row = presentRow(snapshot, store.isCurrent(snapshot.id), snapshot.alias, vscode.l10n.t);
  return {
    label: row.label,
    description: row.description,
    iconPath: new vscode.ThemeIcon(row.icon.id, row.icon.color === undefined ? undefined : new vscode.ThemeColor(row.icon.color)),
    snapshot,
  };
}

function idsOf([first, selected]: readonly unknown[]): readonly string[] {
  if (typeof first === 'string') {
    return [first];
  }
  if (Array.isArray(first)) {
    return first.filter((id) => typeof id === 'string');
  }
  const nodes = Array.isArray(selected) && selected.length > 0 ? selected.filter(isNode) : isNode(first) ? [first] : [];
  return [...new Set(nodes.flatMap(forwardIds))];
}

function snapshots({ store }: CommandContext, ids: readonly string[]): readonly ForwardSnapshot[] {
  return ids.map((id) => store.get(id)).filter((snapshot) => snapshot !== undefined);
}

function isNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value;
}
