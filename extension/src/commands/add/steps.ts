import * as vscode from 'vscode';
import { type BrowseParams, type BrowsePort, type BrowseResult, type BrowseWorkload } from '../../sidecar/protocol.generated';
import { distinctWorkloads } from '../../model/clusterNodes';
import { browseCluster } from '../browse';
import { type CommandContext } from '../context';
import { probePort } from '../ports';
import { aliasVerdict, kubernetesName, localPortVerdict, portProblem } from '../verdicts';
import { choosePort, chooseWorkload, type Draft, isSamePort, portNumbered, type SaveTarget, suggestAlias, suggestLocalPort, workloadLabel } from './draft';
import { ask, pick, type PickItem, type Step, type StepPlace, type StepResult } from './wizard';

/** Context → namespace → target → port → local port → alias. What the draft knows already is not asked. */
export function addSteps(context: CommandContext, known: Draft): readonly Step<Draft>[] {
  const browse = (params: BrowseParams, token: vscode.CancellationToken): Promise<BrowseResult> => browseCluster(context, params, token);
  return [
    ...(known.context === undefined ? [contextStep(browse)] : []),
    ...(known.namespace === undefined ? [namespaceStep(browse)] : []),
    ...(known.workload === undefined ? [targetStep(browse)] : []),
    ...(known.port === undefined ? [portStep] : []),
    localPortStep(context),
    aliasStep(context),
  ];
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
      isPrevious: (name) => name === draft.context,
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
      isPrevious: (name) => name === draft.namespace,
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
      load: async (token) => [...targetItems(distinctWorkloads(await browse({ context, namespace }, token))), ...proxyItems()],
      manualLabel: vscode.l10n.t('Enter a service…'),
      isPrevious: (workload) => draft.workload?.type === workload.type && (workload.type === 'proxy' || workloadLabel(draft.workload) === workloadLabel(workload)),
      skipSingle: false,
    });
    if (answer === 'manual') {
      return enter(place, vscode.l10n.t('Name of the service'), '', kubernetesName, (name) => {
        chooseWorkload(draft, { type: 'service', name, ports: [] });
      });
    }
    if (typeof answer !== 'string' && answer.value.type === 'proxy') {
      return enter(place, vscode.l10n.t('Host or IP address behind the cluster'), draft.workload?.type === 'proxy' ? draft.workload.name : '', hostProblem, (name) => {
        chooseWorkload(draft, { ...answer.value, name });
      });
    }
    return typeof answer === 'string' ? asResult(answer) : accept(answer, (value) => {
      chooseWorkload(draft, value);
    });
  };
}

const portStep: Step<Draft> = async (draft, place) => {
  const ports = draft.workload?.ports ?? [];
  const type = (): Promise<StepResult> =>
    enter(place, vscode.l10n.t('Remote port'), String(draft.port?.number ?? ''), (value) => portProblem(value, 1), (value) => {
      choosePort(draft, portNumbered(ports, Number(value)));
    });
  if (ports.length === 0) {
    return type();
  }
  const answer = await pick<BrowsePort>(place, {
    placeholder: vscode.l10n.t('Which port of {0}?', draft.workload?.name ?? ''),
    load: () => Promise.resolve(ports.map((port) => ({ label: String(port.number), description: [port.name, port.protocol.toUpperCase()].filter(Boolean).join(' · '), value: port }))),
    manualLabel: vscode.l10n.t('Enter a port…'),
    isPrevious: (port) => draft.port !== undefined && isSamePort(draft.port, port),
    skipSingle: true,
  });
  if (answer === 'manual') {
    return type();
  }
  return typeof answer === 'string'
    ? asResult(answer)
    : accept(answer, (port) => {
        choosePort(draft, port);
      });
};

function localPortStep(context: CommandContext): Step<Draft> {
  const { store } = context;
  return async (draft, place) => {
    const protocol = draft.port?.protocol ?? 'tcp';
    const answer = await ask(place, {
      prompt: vscode.l10n.t('Local port on which the forward listens. 0 means any free port.'),
      value: async () => String(draft.localPort ?? (await probePort(context, suggestLocalPort(draft.port?.number ?? 0), { protocol })).freePort ?? 0),
      validate: (value) => localPortVerdict(value, store.all, (port) => probePort(context, port, { protocol })),
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
    const usual: SaveTarget = hasFolder ? 'workspace' : 'user';
    const button = (saveTo: SaveTarget, icon: string, tooltip: string): vscode.QuickInputButton & { saveTo: SaveTarget } => ({ iconPath: new vscode.ThemeIcon(icon), tooltip, saveTo });
    const alternatives = [
      ...(hasFolder ? [button('user', 'account', vscode.l10n.t('Save for me, in every workspace, instead of in .vscode/kftray.json'))] : []),
      button('session', 'clock', vscode.l10n.t('Keep it only until this window is closed')),
    ];
    const answer = await ask(place, {
      prompt: vscode.l10n.t('Name of the forward. Forwards with a common prefix such as "shop/" form a group.'),
      value: draft.alias ?? suggestAlias(draft, store.all),
      validate: (value) => Promise.resolve(aliasVerdict(value, store.all)),
      alternatives,
    });
    if (typeof answer === 'string') {
      return answer;
    }
    draft.alias = answer.value;
    draft.saveTo = alternatives.find((alternative) => alternative === answer.chosen)?.saveTo ?? usual;
    return 'next';
  };
}

function targetItems(workloads: readonly BrowseWorkload[]): readonly PickItem<BrowseWorkload>[] {
  const section = (label: string, type: BrowseWorkload['type'], icon: string): PickItem<BrowseWorkload>[] => {
    const items = workloads
      .filter((workload) => workload.type === type)
      .map((value) => ({
        label: workloadLabel(value),
        description: [value.owner === undefined ? undefined : value.selector, value.ports.map(({ name, number }) => (name === undefined ? `${number}` : `${number} ${name}`)).join(', ')].filter(Boolean).join(' · '),
        iconPath: new vscode.ThemeIcon(icon),
        value,
      }));
    return items.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...items];
  };
  return [...section(vscode.l10n.t('Services'), 'service', 'globe'), ...section(vscode.l10n.t('Pods by label'), 'pod', 'package')];
}

function proxyItems(): readonly PickItem<BrowseWorkload>[] {
  return [
    { label: vscode.l10n.t('Behind the cluster'), kind: vscode.QuickPickItemKind.Separator },
    { label: vscode.l10n.t('Proxy through cluster…'), iconPath: new vscode.ThemeIcon('link-external'), value: { type: 'proxy', name: '', ports: [] } },
  ];
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

function hostProblem(value: string): string | undefined {
  return /^[\w.:-]+$/.test(value) ? undefined : vscode.l10n.t('A host has letters, digits, "-", "." and ":".');
}
