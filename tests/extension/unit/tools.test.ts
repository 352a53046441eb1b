import { expect, it } from 'vitest';
import type * as vscode from 'vscode';
import { type ForwardControl } from '../../../extension/src/integrations/starting';
import { registerTools } from '../../../extension/src/integrations/tools';
import { ForwardStore } from '../../../extension/src/model/forwardStore';
import { EnabledSet } from '../../../extension/src/workspace/enabledSet';
import { tools } from '../support/fakeVscode';
import { snapshot } from '../support/snapshots';

type Prepare = (options: { input: unknown }) => Promise<vscode.PreparedToolInvocation>;

function prepare(...forwards: Parameters<typeof snapshot>[0][]): Promise<vscode.PreparedToolInvocation> {
  const store = new ForwardStore();
  store.update({ snapshots: forwards.map((forward) => snapshot(forward)), removed: [] });
  const enabled = new EnabledSet({ get: (_, fallback) => fallback, update: () => Promise.resolve() }, false);
  registerTools({ store, enabled, sync: { hasApplied: true, ranges: [] } } as unknown as ForwardControl);
  return (tools.get('kftray_start_forwards') as { prepareInvocation: Prepare }).prepareInvocation({ input: { forwards: ['*'] } });
}

const question = ({ confirmationMessages }: vscode.PreparedToolInvocation): string => (confirmationMessages!.message as vscode.MarkdownString).value;

it('Tools_BeforeTheyStart_NameClusterTargetAndPort', async () => {
  expect(question(await prepare({ alias: 'web', context: 'dev' }, { alias: 'db', localPort: 0 }))).toBe('- web: svc/api:8000 \\(dev\\), local port 8080\n- db: svc/api:8000, any local port');
});

it('Tools_OfAForwardThatIsCalledLikeALink_ShowNoLink', async () => {
  expect(question(await prepare({ alias: '[Fix](https://example.com)' }))).toContain('\\[Fix\\]\\(https://example\\.com\\)');
});
