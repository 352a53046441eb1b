import * as vscode from 'vscode';
import { type ForwardRange, type ForwardSnapshot } from '../sidecar/protocol.generated';
import { localConfigPath } from '../workspace/configDocuments';
import { appendForward } from '../workspace/configEdits';
import { changeMembers, duplicateForward as duplicated, type MemberChanges, removeForward as removed } from '../workspace/configPatches';
import { editDefinition, editDocument, exists } from '../workspace/documentEdits';
import { ask } from './add/wizard';
import { browseCluster } from './browse';
import { type CommandContext } from './context';
import { probePort } from './ports';
import { targetForward } from './targets';
import { aliasVerdict, localPortVerdict } from './verdicts';
import { notifyWarning } from '../views/notify';

/** With a number as second argument it asks nothing, and changes the port for this person only. */
export async function changeLocalPort(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Change the local port of which port forward?'));
  if (!forward) {
    return;
  }
  if (typeof args[1] === 'number') {
    await change(context, forward, { local_port: args[1] }, true);
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
    await change(context, forward, { local_port: Number(answer.value) }, answer.chosen !== undefined);
  }
}

interface Field {
  readonly label: string;
  readonly key: string;
  readonly current: string;
  readonly parse: (value: string) => string | number | boolean | undefined;
  readonly choices?: readonly string[];
}

/** Edit…: asks which part of the definition, then for its new value. */
export async function editForward(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Edit which port forward?'));
  const field = forward && (await pickField(forward));
  if (!forward || !field) {
    return;
  }
  const value = field.choices ? await vscode.window.showQuickPick(field.choices, { placeHolder: field.label }) : await askText(context, forward, field);
  if (value !== undefined) {
    await change(context, forward, { [field.key]: field.parse(value) }, false);
  }
}

async function pickField(forward: ForwardSnapshot): Promise<Field | undefined> {
  const text = (value: string): string | undefined => (value === '' ? undefined : value);
  const port = (value: string): string | number => (/^\d+$/.test(value) ? Number(value) : value);
  const fields: Field[] = [
    { label: vscode.l10n.t('Name'), key: 'alias', current: forward.alias, parse: text },
    { label: vscode.l10n.t('Local port'), key: 'local_port', current: String(forward.localPort), parse: port },
    { label: vscode.l10n.t('Remote port'), key: 'remote_port', current: forward.remotePort, parse: port },
    { label: vscode.l10n.t('Namespace'), key: 'namespace', current: forward.namespace ?? '', parse: text },
    { label: vscode.l10n.t('Context'), key: 'context', current: forward.context ?? '', parse: text },
    { label: vscode.l10n.t('Open in Browser'), key: 'open', current: forward.open ?? '', parse: (value) => (value === 'http' || value === 'https' ? value : undefined), choices: ['http', 'https', vscode.l10n.t('not for a browser')] },
    { label: vscode.l10n.t('Start automatically'), key: 'auto_start', current: String(forward.autoStart), parse: (value) => (value === 'true' ? true : undefined), choices: ['true', 'false'] },
  ];
  const items = fields.map((field) => ({ label: field.label, description: field.current, field }));
  return (await vscode.window.showQuickPick(items, { placeHolder: vscode.l10n.t('Edit what of {0}?', forward.alias) }))?.field;
}

async function askText(context: CommandContext, forward: ForwardSnapshot, { label, key, current }: Field): Promise<string | undefined> {
  const others = context.store.all.filter(({ id }) => id !== forward.id);
  const answer = await ask(
    { title: vscode.l10n.t('Edit {0}', forward.alias) },
    {
      prompt: label,
      value: current,
      validate: (value) => (key === 'alias' ? Promise.resolve(aliasVerdict(value, others)) : key === 'local_port' ? localPortVerdict(value, others, (port) => probePort(context, port, forward)) : Promise.resolve(undefined)),
    },
  );
  return typeof answer === 'string' ? undefined : answer.value;
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
  await editDefinition(definition, (text, offset) => duplicated(text, offset, { alias: answer.value, ...(port === 0 ? {} : { local_port: port }) }));
  await context.sync.apply();
}

/** Takes the forward out of every document that defines or changes it. */
export async function removeForward(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Remove which port forward?'));
  if (!forward) {
    return;
  }
  const definitions = definitionsOf(context, forward);
  const files = [...new Set(definitions.map(({ uri }) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri))))].join(', ');
  const remove = vscode.l10n.t('Remove');
  const detail = vscode.l10n.t('It is stopped, and taken out of {0}.', files);
  if ((await notifyWarning(vscode.l10n.t('Remove the port forward {0}?', forward.alias), { modal: true, detail }, remove)) !== remove) {
    return;
  }
  await context.enabled.remove([forward.id]);
  for (const definition of definitions) {
    await editDefinition(definition, removed);
  }
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
  const definition = own ?? definitions[0];
  if (!own && personal && folder && canBePersonal(context, forward)) {
    const uri = context.documents.localConfigUri(folder);
    const isNew = !(await exists(uri));
    await editDocument(uri, (text) => appendForward(text, { alias: forward.alias, ...changes }));
    if (isNew) {
      await context.ignoreNotice.suggest(folder);
    }
  } else if (definition) {
    await editDefinition(definition, (text, offset) => changeMembers(text, offset, changes));
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
