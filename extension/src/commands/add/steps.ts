import { createServer } from 'node:net';
import * as vscode from 'vscode';
import { type BrowseParams, type BrowseResult, type BrowseWorkload } from '../../sidecar/protocol.generated';
import { SidecarRequestError } from '../../sidecar/errors';
import { type CommandContext } from '../context';
import { distinctWorkloads, type Draft, suggestAlias, suggestLocalPort } from './draft';
import { ask, pick, type PickItem, type Step, type StepPlace, type StepResult } from './wizard';

/** Context → namespace → target → port → local port → alias. */
export function addSteps(context: CommandContext): readonly Step<Draft>[] {
  const browse = (params: BrowseParams, token: vscode.CancellationToken): Promise<BrowseResult> => browseCluster(context, params, token);
  return [contextStep(browse), namespaceStep(browse), targetStep(browse), portStep, localPortStep(context), aliasStep(context)];
}

type Browse = (params: BrowseParams, token: vscode.CancellationToken) => Promise<BrowseResult>;

function contextStep(browse: Browse): Step<Draft> {
  return async (draft, place) => {
    const answer = await pick<string>(place, {
      placeholder: vscode.l10n.t('In which cluster? These are the contexts of your kubeconfig.'),
      load: async (token) => {
        const { contexts, currentContext } = await browse({}, token);
        if (contexts.length === 0) {
          throw new Error(vscode.l10n.t('The kubeconfig has no context.'));
        }
        return currentFirst(contexts, currentContext, vscode.l10n.t('current'));
      },
      previous: draft.context,
      skipSingle: true,
    });
    return typeof answer === 'string' ? asResult(answer) : accept(answer, (value) => (draft.context = value));
  };
}

function namespaceStep(browse: Browse): Step<Draft> {
  return async (draft, place) => {
    const { context } = required(draft);
    const answer = await pick<string>(place, {
      placeholder: vscode.l10n.t('In which namespace?'),
      load: async (token) => {
        const { namespaces, defaultNamespace } = await browse({ context }, token);
        return currentFirst(namespaces, defaultNamespace ?? 'default', vscode.l10n.t('default'));
      },
      manualLabel: vscode.l10n.t('Enter a namespace…'),
      previous: draft.namespace,
      skipSingle: true,
    });
    if (answer === 'manual') {
      return enter(place, vscode.l10n.t('Name of the namespace'), draft.namespace ?? 'default', kubernetesName, (value) => (draft.namespace = value));
    }
    return typeof answer === 'string' ? asResult(answer) : accept(answer, (value) => (draft.namespace = value));
  };
}

function targetStep(browse: Browse): Step<Draft> {
  return async (draft, place) => {
    const { context, namespace } = required(draft);
    const answer = await pick<BrowseWorkload>(place, {
      placeholder: vscode.l10n.t('Forward to which service, or to which pods?'),
      load: async (token) => targetItems(distinctWorkloads(await browse({ context, namespace }, token))),
      manualLabel: vscode.l10n.t('Enter a service…'),
      previous: draft.workload?.selector ?? draft.workload?.name,
      skipSingle: false,
    });
    if (answer === 'manual') {
      return enter(place, vscode.l10n.t('Name of the service'), '', kubernetesName, (name) => (draft.workload = { type: 'service', name, ports: [] }));
    }
    return typeof answer === 'string' ? asResult(answer) : accept(answer, (value) => (draft.workload = value));
  };
}

const portStep: Step<Draft> = async (draft, place) => {
  const ports = draft.workload?.ports ?? [];
  const set = (value: number): void => {
    draft.port = ports.find(({ number }) => number === value) ?? { number: value, protocol: 'tcp' };
  };
  const type = (): Promise<StepResult> =>
    enter(place, vscode.l10n.t('Remote port'), '', (value) => portProblem(value, 1), (value) => {
      set(Number(value));
    });
  if (ports.length === 0) {
    return type();
  }
  const answer = await pick<number>(place, {
    placeholder: vscode.l10n.t('Which port of {0}?', draft.workload?.name ?? ''),
    load: () => Promise.resolve(ports.map(({ name, number, protocol }) => ({ label: String(number), description: [name, protocol.toUpperCase()].filter(Boolean).join(' · '), value: number }))),
    manualLabel: vscode.l10n.t('Enter a port…'),
    previous: draft.port && String(draft.port.number),
    skipSingle: true,
  });
  if (answer === 'manual') {
    return type();
  }
  return typeof answer === 'string' ? asResult(answer) : accept(answer, set);
};

function localPortStep({ store }: CommandContext): Step<Draft> {
  return async (draft, place) => {
    const suggestion = draft.localPort ?? suggestLocalPort(draft.port?.number ?? 0, store.all);
    const answer = await ask(place, {
      prompt: vscode.l10n.t('Local port on which the forward listens. 0 means any free port.'),
      value: String(suggestion),
      validate: async (value) => {
        const message = portProblem(value, 0);
        if (message !== undefined) {
          return { message, isWarning: false };
        }
        const port = Number(value);
        const other = port === 0 ? undefined : store.all.find(({ localPort }) => localPort === port);
        if (other) {
          return { message: vscode.l10n.t('{0} has this port.', other.alias), isWarning: true };
        }
        return port !== 0 && !(await isFree(port)) ? { message: vscode.l10n.t('Port {0} is in use on this machine.', port), isWarning: true } : undefined;
      },
    });
    if (typeof answer === 'string') {
      return answer;
    }
    draft.localPort = Number(answer.value);
    return 'next';
  };
}

function aliasStep({ store }: CommandContext): Step<Draft> {
  return async (draft, place) => {
    const hasFolder = (vscode.workspace.workspaceFolders ?? []).length > 0;
    const answer = await ask(place, {
      prompt: vscode.l10n.t('Name of the forward. Forwards with a common prefix such as "shop/" form a group.'),
      value: draft.alias ?? suggestAlias(draft, store.all),
      validate: (value) => {
        const message = value === '' ? vscode.l10n.t('The forward needs a name.') : store.all.some(({ alias }) => alias === value) ? vscode.l10n.t('There is a forward of this name already.') : undefined;
        return Promise.resolve(message === undefined ? undefined : { message, isWarning: false });
      },
      ...(hasFolder ? { alternative: { iconPath: new vscode.ThemeIcon('account'), tooltip: vscode.l10n.t('Save for me, in every workspace, instead of in .vscode/kftray.json') } } : {}),
    });
    if (typeof answer === 'string') {
      return answer;
    }
    draft.alias = answer.value;
    draft.saveForUser = answer.isAlternative || !hasFolder;
    return 'next';
  };
}

async function browseCluster({ supervisor, settings }: CommandContext, params: BrowseParams, token: vscode.CancellationToken): Promise<BrowseResult> {
  const connection = await supervisor.connection();
  const { kubeconfig } = settings;
  try {
    return await connection.request('cluster/browse', { ...params, ...(kubeconfig.length > 0 ? { kubeconfig } : {}) }, token);
  } catch (error) {
    // The fault that the error carries knows what to do about it.
    const hint = error instanceof SidecarRequestError && typeof error.data === 'object' && error.data !== null && 'hint' in error.data ? String(error.data.hint) : undefined;
    throw hint === undefined || !(error instanceof Error) ? error : new Error(`${error.message} ${hint}`, { cause: error });
  }
}

function targetItems(workloads: readonly BrowseWorkload[]): readonly PickItem<BrowseWorkload>[] {
  const section = (label: string, type: BrowseWorkload['type'], icon: string): PickItem<BrowseWorkload>[] => {
    const items = workloads
      .filter((workload) => workload.type === type)
      .map((value) => ({
        label: value.selector ?? value.name,
        description: [value.selector === undefined ? undefined : value.name, value.ports.map(({ name, number }) => (name === undefined ? `${number}` : `${number} ${name}`)).join(', ')].filter(Boolean).join(' · '),
        iconPath: new vscode.ThemeIcon(icon),
        value,
      }));
    return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
  };
  return [...section(vscode.l10n.t('Services'), 'service', 'globe'), ...section(vscode.l10n.t('Pods by label'), 'pod', 'package')];
}

function currentFirst(names: readonly string[], current: string | undefined, mark: string): readonly PickItem<string>[] {
  const sorted = names.filter((name) => name === current).concat(names.filter((name) => name !== current));
  return sorted.map((name) => ({ label: name, value: name, ...(name === current ? { description: mark } : {}) }));
}

async function enter(place: StepPlace, prompt: string, value: string, problem: (value: string) => string | undefined, set: (value: string) => void): Promise<StepResult> {
  const answer = await ask(
    { ...place, canGoBack: true },
    {
      prompt,
      value,
      validate: (text) => {
        const message = problem(text);
        return Promise.resolve(message === undefined ? undefined : { message, isWarning: false });
      },
    },
  );
  if (typeof answer === 'string') {
    return answer;
  }
  set(answer.value);
  return 'next';
}

function accept<T>({ value, skipped }: { value: T; skipped: boolean }, set: (value: T) => void): StepResult {
  set(value);
  return skipped ? 'skipped' : 'next';
}

/** A step without a manual row never answers `manual`. */
function asResult(answer: 'manual' | 'back' | 'cancel'): StepResult {
  return answer === 'manual' ? 'cancel' : answer;
}

function required({ context, namespace }: Draft): { context: string; namespace: string } {
  return { context: context ?? '', namespace: namespace ?? '' };
}

function kubernetesName(value: string): string | undefined {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value) && value.length <= 253 ? undefined : vscode.l10n.t('Names have lower-case letters, digits, "-" and ".".');
}

function portProblem(value: string, least: number): string | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) >= least && Number(value) <= 65_535 ? undefined : vscode.l10n.t('A port is a number from {0} to 65535.', least);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
