import * as vscode from 'vscode';
import { forwardIds, type TreeNode } from '../model/grouping';
import { presentRow, stateWord } from '../model/presentation';
import { rowState, type RowState } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type CommandContext } from './context';

/** What a command can be applied to. */
export type Applies = (state: RowState, snapshot: ForwardSnapshot) => boolean;

/** There is nothing to do: not an error, but not to be passed over in silence either. */
export class NotApplicableError extends Error {
  override readonly name = 'NotApplicableError';
}

/**
 * The forwards that a command is about: the selected rows, an id from a tooltip's link, or, when the command came from the palette,
 * the view's selection, else the user's pick among the forwards to which the command applies. Never none.
 */
export async function targetForwards(context: CommandContext, args: readonly unknown[], applies: Applies, placeHolder: string): Promise<readonly ForwardSnapshot[]> {
  const given = idsOf(args);
  const ids = given.length > 0 ? given : selectedIds(context);
  const fitting = applicable(context, ids, applies);
  if (fitting.length > 0) {
    return fitting;
  }
  // Whoever presses a key means the rows they see selected, and no other.
  if (given.length > 0 || isByKey(args)) {
    throw new NotApplicableError(whyNot(context, ids));
  }
  const candidates = context.store.all.filter((snapshot) => applies(stateOf(context, snapshot), snapshot));
  if (candidates.length === 0) {
    throw new NotApplicableError(vscode.l10n.t('There is no port forward to which this applies.'));
  }
  const chosen = await vscode.window.showQuickPick(
    candidates.map((snapshot) => forwardItem(context, snapshot)),
    { placeHolder, matchOnDescription: true },
  );
  return chosen ? [chosen.snapshot] : [];
}

/** Those of a group's forwards to which a command applies; none is no error. */
export function groupForwards(context: CommandContext, args: readonly unknown[], applies: Applies): readonly ForwardSnapshot[] {
  return applicable(context, idsOf(args), applies);
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

/** What the manifest's key bindings pass. */
function isByKey([first]: readonly unknown[]): boolean {
  return typeof first === 'object' && first !== null && 'of' in first && first.of === 'selection';
}

function selectedIds({ view }: CommandContext): readonly string[] {
  return view.visible ? view.selection.flatMap(forwardIds) : [];
}

function applicable(context: CommandContext, ids: readonly string[], applies: Applies): readonly ForwardSnapshot[] {
  return context.store.withIds(ids).filter((snapshot) => applies(stateOf(context, snapshot), snapshot));
}

function whyNot(context: CommandContext, ids: readonly string[]): string {
  const [first, ...others] = context.store.withIds(ids);
  if (!first) {
    return ids.length === 0 ? vscode.l10n.t('Select a port forward first.') : vscode.l10n.t('There is no such port forward any more.');
  }
  return others.length > 0
    ? vscode.l10n.t('This applies to none of the {0} port forwards.', others.length + 1)
    : vscode.l10n.t('This does not apply to {0}: {1}.', first.alias, stateWord(stateOf(context, first), vscode.l10n.t));
}

function isNode(value: unknown): value is TreeNode {
  return typeof value === 'object' && value !== null && 'kind' in value && 'id' in value;
}
