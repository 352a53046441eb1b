import * as vscode from 'vscode';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { ask, pick } from './add/wizard';
import { browseCluster } from './browse';
import { type CommandContext } from './context';
import { probePort } from './ports';
import { aliasVerdict, kubernetesName, localPortVerdict, remotePortProblem, remotePortValue, type Verdict } from './verdicts';

/** The new value of a key; undefined takes the key away, so that the default holds. */
interface Answer {
  readonly value: string | number | boolean | undefined;
}

/** A part of a definition that can be changed by itself. */
export interface Field extends vscode.QuickPickItem {
  readonly key: string;
  /** Undefined when the user left. */
  ask(): Promise<Answer | undefined>;
}

export function fieldsOf(context: CommandContext, forward: ForwardSnapshot): readonly Field[] {
  const { alias, localPort, remotePort, namespace = '', open, autoStart } = forward;
  const others = context.store.all.filter(({ id }) => id !== forward.id);
  const text = (label: string, key: string, description: string, validate: (value: string) => Promise<Verdict | undefined>, parse: (value: string) => Answer['value']): Field => ({
    label,
    key,
    description,
    ask: async () => {
      const answer = await ask({ title: vscode.l10n.t('Edit {0}', alias) }, { prompt: label, value: description, validate });
      return typeof answer === 'string' ? undefined : { value: parse(answer.value) };
    },
  });
  return [
    text(vscode.l10n.t('Name'), 'alias', alias, (value) => Promise.resolve(aliasVerdict(value, others)), (value) => value),
    text(vscode.l10n.t('Local port'), 'local_port', String(localPort), (value) => localPortVerdict(value, others, (port) => probePort(context, port, forward)), Number),
    text(vscode.l10n.t('Remote port'), 'remote_port', remotePort, (value) => refusal(remotePortProblem(value)), remotePortValue),
    text(vscode.l10n.t('Namespace'), 'namespace', namespace, (value) => refusal(value === '' ? undefined : kubernetesName(value)), emptyIsDefault),
    contextField(context, forward),
    choice(vscode.l10n.t('Open in Browser'), 'open', open, [
      { label: 'http', value: 'http' },
      { label: 'https', value: 'https' },
      { label: vscode.l10n.t('not for a browser'), value: undefined },
    ]),
    choice(vscode.l10n.t('Start automatically'), 'auto_start', autoStart || undefined, [
      { label: vscode.l10n.t('yes'), value: true },
      { label: vscode.l10n.t('no'), value: undefined },
    ]),
  ];
}

function contextField(context: CommandContext, { alias, context: current = '' }: ForwardSnapshot): Field {
  const title = vscode.l10n.t('Edit {0}', alias);
  const label = vscode.l10n.t('Context');
  return {
    label,
    key: 'context',
    description: current,
    ask: async () => {
      const place = { title, step: 1, totalSteps: 1, canGoBack: false };
      const load = async (token: vscode.CancellationToken): Promise<readonly { label: string; value: string }[]> => (await browseCluster(context, {}, token)).contexts.map((name) => ({ label: name, value: name }));
      const chosen = await pick(place, { placeholder: label, load, manualLabel: vscode.l10n.t('Enter a context…'), isPrevious: (name) => name === current, skipSingle: false });
      if (typeof chosen !== 'string') {
        return { value: chosen.value };
      }
      const typed = chosen === 'manual' ? await ask({ title }, { prompt: label, value: current, validate: () => Promise.resolve(undefined) }) : 'cancel';
      return typeof typed === 'string' ? undefined : { value: emptyIsDefault(typed.value) };
    },
  };
}

function choice(label: string, key: string, current: Answer['value'], choices: readonly (Answer & vscode.QuickPickItem)[]): Field {
  const items = choices.map((item) => ({ ...item, ...(item.value === current ? { description: vscode.l10n.t('current') } : {}) }));
  return { label, key, description: choices.find(({ value }) => value === current)?.label ?? '', ask: async () => vscode.window.showQuickPick(items, { placeHolder: label }) };
}

function emptyIsDefault(value: string): string | undefined {
  return value === '' ? undefined : value;
}

function refusal(message: string | undefined): Promise<Verdict | undefined> {
  return Promise.resolve(message === undefined ? undefined : { message, isWarning: false });
}
