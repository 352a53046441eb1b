import * as vscode from 'vscode';
import { localAddress } from '../model/address';
import { escapeMarkdown } from '../model/markdown';
import { rowState } from '../model/rowState';
import { aliasOf, patternsOf } from '../model/toolInput';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { findForwards, type ForwardControl, startAndWait, stopForwards } from './starting';

/** An agent waits no longer for forwards to become active. Milliseconds. */
const startLimitMs = 30_000;

/** What agents may do: see the forwards, and with the user's word start and stop them. */
export function registerTools(control: ForwardControl): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.lm.registerTool('kftray_list_forwards', {
      invoke: async ({ input }) => result(control, await findForwards(control, patternsOf(input, ['*']))),
    }),
    vscode.lm.registerTool('kftray_diagnose_forward', {
      prepareInvocation: ({ input }) => ({ invocationMessage: new vscode.MarkdownString(vscode.l10n.t('Diagnosing {0}', escapeMarkdown(aliasOf(input)))) }),
      invoke: async ({ input }, token) => text(await diagnose(control, aliasOf(input), token)),
    }),
    vscode.lm.registerTool('kftray_start_forwards', {
      prepareInvocation: ({ input }) => confirmation(control, input, vscode.l10n.t('Start port forwards'), vscode.l10n.t('Starting port forwards')),
      invoke: async ({ input }, token) => result(control, await start(control, await named(control, input), token)),
    }),
    vscode.lm.registerTool('kftray_stop_forwards', {
      prepareInvocation: ({ input }) => confirmation(control, input, vscode.l10n.t('Stop port forwards'), vscode.l10n.t('Stopping port forwards')),
      invoke: async ({ input }) => {
        const forwards = await named(control, input);
        await stopForwards(control, forwards);
        return text({ stopped: forwards.map(({ alias }) => alias) });
      },
    }),
  );
}

async function diagnose(control: ForwardControl, alias: string, token: vscode.CancellationToken): Promise<object> {
  requireTrust();
  // Other characters are not special in an alias, so it is compared and not matched.
  const forward = (await findForwards(control, ['*'])).find((snapshot) => snapshot.alias === alias);
  if (!forward) {
    throw unknown(control, alias);
  }
  const connection = await control.supervisor.connection();
  const { verdict, fault, checks } = await connection.request('forward/diagnose', { id: forward.id }, token);
  return { alias, verdict, ...(fault?.hint === undefined ? {} : { hint: fault.hint }), checks };
}

function unknown({ store }: ForwardControl, wanted: string): Error {
  return new Error(`No port forward is named ${wanted}. There are: ${store.all.map(({ alias }) => alias).join(', ')}`);
}

async function named(control: ForwardControl, input: unknown): Promise<readonly ForwardSnapshot[]> {
  requireTrust();
  const patterns = patternsOf(input);
  const forwards = await findForwards(control, patterns);
  if (forwards.length === 0) {
    throw unknown(control, patterns.join(', '));
  }
  return forwards;
}

/** They go on after the limit; the answer says how far they are. */
async function start(control: ForwardControl, forwards: readonly ForwardSnapshot[], token: vscode.CancellationToken): Promise<readonly ForwardSnapshot[]> {
  const cancelled = new AbortController();
  const subscription = token.onCancellationRequested(() => {
    cancelled.abort();
  });
  try {
    return await startAndWait(control, forwards, { limitMs: startLimitMs, cancelled: cancelled.signal });
  } finally {
    subscription.dispose();
  }
}

/** Names each alias, cluster and port, so that the user knows what is asked. */
async function confirmation(control: ForwardControl, input: unknown, title: string, invocationMessage: string): Promise<vscode.PreparedToolInvocation> {
  const lines = (await named(control, input)).map((forward) => `- ${escapeMarkdown(confirmationLine(forward))}`);
  return { invocationMessage, confirmationMessages: { title, message: new vscode.MarkdownString(lines.join('\n')) } };
}

function confirmationLine({ alias, context, target, localPort }: ForwardSnapshot): string {
  const port = localPort === 0 ? vscode.l10n.t('any local port') : vscode.l10n.t('local port {0}', localPort);
  return `${alias}: ${target}${context === undefined ? '' : ` (${context})`}, ${port}`;
}

function result({ store }: ForwardControl, forwards: readonly ForwardSnapshot[]): vscode.LanguageModelToolResult {
  requireTrust();
  return text(
    forwards.map((snapshot) => ({
      alias: snapshot.alias,
      state: rowState(snapshot, store.isCurrent(snapshot.id)),
      ...(snapshot.localPort === 0 ? {} : { address: localAddress(snapshot) }),
      protocol: snapshot.protocol,
      target: snapshot.target,
      namespace: snapshot.namespace,
      context: snapshot.context,
      ...(snapshot.fault ? { fault: snapshot.fault.message, hint: snapshot.fault.hint } : {}),
    })),
  );
}

function requireTrust(): void {
  if (!vscode.workspace.isTrusted) {
    throw new Error('The workspace is not trusted: port forwards are neither shown nor started.');
  }
}

/** Compact: every character costs the model's context. */
function text(value: unknown): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(JSON.stringify(value))]);
}
