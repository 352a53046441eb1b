import { beforeEach, expect, it } from 'vitest';
import { Settings } from '../../../extension/src/settings';
import { SidecarRequestError } from '../../../extension/src/sidecar/errors';
import { RpcErrors } from '../../../extension/src/sidecar/protocol.generated';
import { type SidecarSupervisor } from '../../../extension/src/sidecar/supervisor';
import { KubeconfigProbe } from '../../../extension/src/views/kubeconfigProbe';
import { EventEmitter, workspace } from '../support/fakeVscode';

const loaded = new EventEmitter<void>();
const visibilityChanged = new EventEmitter<{ visible: boolean }>();
const view = { visible: true, onDidChangeVisibility: visibilityChanged.event };
let isEmpty: boolean;
let answer: () => Promise<unknown>;
let asked: number;
let probe: KubeconfigProbe | undefined;

const noKubeconfig = (): Promise<never> => Promise.reject(new SidecarRequestError('None.', RpcErrors.clusterUnavailable, { kind: 'kubeconfigNotFound', message: 'None.' }));
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  probe?.dispose();
  isEmpty = false;
  view.visible = true;
  workspace.isTrusted = true;
  answer = noKubeconfig;
  asked = 0;
  const supervisor = { connection: () => Promise.resolve({ request: () => (asked++, answer()) }) } as unknown as SidecarSupervisor;
  probe = new KubeconfigProbe({ supervisor, settings: new Settings() }, view, { onDidLoad: loaded.event, isEmpty: () => isEmpty }, (_, work) => void work());
});

it('Probe_OfAViewThatIsOpenBeforeTheWorkspaceIsLoaded_LooksWhenItIs', async () => {
  visibilityChanged.fire({ visible: true });
  await flush();
  expect(asked).toBe(0);

  isEmpty = true;
  loaded.fire();
  await flush();
  expect(probe?.isMissing).toBe(true);
});

it('Probe_WhenAKubeconfigCame_SaysSoAtTheNextLook', async () => {
  isEmpty = true;
  loaded.fire();
  await flush();
  answer = () => Promise.resolve({ contexts: [], namespaces: [], workloads: [] });
  let changes = 0;
  probe?.onDidChange(() => changes++);
  visibilityChanged.fire({ visible: true });
  await flush();
  expect([probe?.isMissing, changes]).toEqual([false, 1]);
});

it.each([
  ['AHiddenView', () => (view.visible = false)],
  ['RestrictedMode', () => (workspace.isTrusted = false)],
  ['AViewWithRows', () => (isEmpty = false)],
])('Probe_In%s_AsksNothing', async (_, given) => {
  isEmpty = true;
  given();
  loaded.fire();
  await flush();
  expect(asked).toBe(0);
});
