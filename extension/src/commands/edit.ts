import * as vscode from 'vscode';
import { type ForwardRange, type ForwardSnapshot } from '../sidecar/protocol.generated';
import { localConfigPath } from '../workspace/configDocuments';
import { appendForward } from '../workspace/configEdits';
import { changeMembers, duplicateForward as duplicated, type MemberChanges, removeForward as removed } from '../workspace/configPatches';
import { editDefinitions, editDocument, exists } from '../workspace/documentEdits';
import { ask } from './add/wizard';
import { browseCluster } from './browse';
import { type CommandContext } from './context';
import { fieldsOf } from './editFields';
import { probePort } from './ports';
import { targetForward, targetForwards } from './targets';
import { aliasVerdict, localPortVerdict } from './verdicts';
import { notifyWarning } from '../views/notify';

/** With a number as second argument it asks nothing, and changes the port for this person only. */
export async function changeLocalPort(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Change the local port of which port forward?'));
  if (!forward) {
    return;
  }
  if (typeof args[1] === 'number') {
    await changePort(context, forward, args[1], true);
    return;
  }
  const personal = canBePersonal(context, forward) ? { iconPath: new vscode.ThemeIcon('account'), tooltip: vscode.l10n.t('Change it for me only, in {0}', localConfigPath) } : undefined;
  const answer = await ask(
    { title: vscode.l10n.t('Change Local Port of {0}', forward.alias) },
    {
      prompt: vscode.l10n.t('Local port on which the forward listens. 0 means any free port.'),
      value: String(forward.localPort),
      validate: (value) => localPortVerdict(value, context.store.all.filter(({ id }) => id !== forward.id), (port) => probePort(context, port, forward)),
      alternatives: personal ? [personal] : [],
    },
  );
  if (typeof answer !== 'string') {
    await changePort(context, forward, Number(answer.value), answer.chosen !== undefined);
  }
}

/** The new port may be taken as well: for a forward that is to run, that is told. */
async function changePort(context: CommandContext, forward: ForwardSnapshot, port: number, personal: boolean): Promise<void> {
  const ids = context.enabled.has(forward.id) ? [forward.id] : [];
  await context.failures.during(ids, () => change(context, forward, { local_port: port }, personal));
}

/** Edit…: asks which part of the definition, then for its new value. */
export async function editForward(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Edit which port forward?'));
  if (!forward) {
    return;
  }
  const field = await vscode.window.showQuickPick(fieldsOf(context, forward), { placeHolder: vscode.l10n.t('Edit what of {0}?', forward.alias) });
  const answer = await field?.ask();
  if (field && answer) {
    await change(context, forward, { [field.key]: answer.value }, false);
  }
}

/** A copy under another name, on another local port, in the same document. */
export async function duplicateForward(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Duplicate which port forward?'));
  const definition = forward && definitionsOf(context, forward)[0];
  if (!forward || !definition) {
    return;
  }
  const answer = await ask(
    { title: vscode.l10n.t('Duplicate {0}', forward.alias) },
    { prompt: vscode.l10n.t('Name of the copy'), value: `${forward.alias}-copy`, validate: (value) => Promise.resolve(aliasVerdict(value, context.store.all)) },
  );
  if (typeof answer === 'string') {
    return;
  }
  const port = forward.localPort === 0 ? 0 : ((await probePort(context, forward.localPort, { localAddress: forward.localAddress, protocol: forward.protocol })).freePort ?? 0);
  await editDefinitions([definition], (text, offset) => duplicated(text, offset, { alias: answer.value, ...(port === 0 ? {} : { local_port: port }) }));
  await context.sync.apply();
}

/** Takes forwards out of every document that defines or changes them. */
export async function removeForward(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forwards = await targetForwards(context, args, () => true, vscode.l10n.t('Remove which port forward?'));
  const [first] = forwards;
  if (!first) {
    return;
  }
  const definitions = forwards.flatMap((forward) => definitionsOf(context, forward));
  const files = [...new Set(definitions.map(({ uri }) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri))))].join(', ');
  const remove = vscode.l10n.t('Remove');
  const question = forwards.length === 1 ? vscode.l10n.t('Remove the port forward {0}?', first.alias) : vscode.l10n.t('Remove {0} port forwards?', forwards.length);
  const detail = forwards.length === 1 ? vscode.l10n.t('It is stopped, and taken out of {0}.', files) : vscode.l10n.t('{0} are stopped, and taken out of {1}.', forwards.map(({ alias }) => alias).join(', '), files);
  if ((await notifyWarning(question, { modal: true, detail }, remove)) !== remove) {
    return;
  }
  await editDefinitions(definitions, removed);
  await context.enabled.remove(forwards.map(({ id }) => id));
  await context.sync.apply();
}

/** Another context for a forward, of those that there are. False when the user left. */
export async function changeContext(context: CommandContext, forward: ForwardSnapshot): Promise<boolean> {
  const { contexts } = await browseCluster(context, {});
  const chosen = await vscode.window.showQuickPick(contexts, { placeHolder: vscode.l10n.t('Context of {0}', forward.alias) });
  if (chosen !== undefined) {
    await change(context, forward, { context: chosen }, false);
  }
  return chosen !== undefined;
}

/** Changes the definition; when `personal`, only in this person's own document, whatever the team's file says. */
async function change(context: CommandContext, forward: ForwardSnapshot, changes: MemberChanges, personal: boolean): Promise<void> {
  const definitions = definitionsOf(context, forward);
  // The personal document counts last, so what is written there is what holds.
  const own = definitions.find(({ uri }) => context.documents.kindOf(vscode.Uri.parse(uri)) === 'local');
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(forward.uri));
  if (!own && personal && folder && canBePersonal(context, forward)) {
    const uri = context.documents.localConfigUri(folder);
    const isNew = !(await exists(uri));
    await editDocument(uri, (text) => appendForward(text, { alias: forward.alias, ...changes }));
    if (isNew) {
      await context.ignoreNotice.suggest(folder);
    }
  } else {
    // By its name a personal definition finds the shared one: both change it, or they would be two.
    const touched = 'alias' in changes ? definitions : [own ?? definitions[0]];
    await editDefinitions(touched.filter((definition) => definition !== undefined), (text, offset) => changeMembers(text, offset, changes));
  }
  await context.sync.apply();
}

function definitionsOf({ sync }: CommandContext, { id }: ForwardSnapshot): readonly ForwardRange[] {
  const found = sync.ranges.filter((range) => range.id === id);
  if (found.length === 0) {
    throw new Error(vscode.l10n.t('The definition of this port forward is not known at the moment.'));
  }
  return found;
}

function canBePersonal({ documents }: CommandContext, { uri }: ForwardSnapshot): boolean {
  return documents.kindOf(vscode.Uri.parse(uri)) === 'shared';
}
