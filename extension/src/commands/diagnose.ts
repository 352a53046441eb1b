import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { codeSpan, escapeMarkdown } from '../model/markdown';
import { signInTitle } from '../model/signIns';
import { type Diagnosis, type ForwardSnapshot } from '../sidecar/protocol.generated';
import { withPatience } from '../views/patience';
import { type CommandContext } from './context';
import { changeContext, changeLocalPort } from './edit';
import { signIn } from './signIn';
import { targetForward } from './targets';

/** Has the sidecar look at every link of a forward; offers the fix when there is one, and shows the report. */
export async function diagnose(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Diagnose which port forward?'));
  if (!forward) {
    return;
  }
  const connection = await context.supervisor.connection();
  const diagnosis = await withPatience(vscode.l10n.t('Diagnosing {0}…', forward.alias), (cancellation) => connection.request('forward/diagnose', { id: forward.id }, cancellation));
  if (!(await offerFix(context, forward, diagnosis))) {
    await context.reports.show(forward.id, forward.alias, diagnosis.markdown + (await tunnelChapter(forward)));
  }
}

/** @returns True when the user has dealt with it without the report. */
async function offerFix(context: CommandContext, forward: ForwardSnapshot, diagnosis: Diagnosis): Promise<boolean> {
  const fix = fixOf(context, forward, diagnosis);
  if (!fix) {
    return false;
  }
  const open: vscode.QuickPickItem = { label: vscode.l10n.t('Open Report'), iconPath: new vscode.ThemeIcon('output') };
  const chosen = await vscode.window.showQuickPick([fix, open], { title: vscode.l10n.t('Diagnose Forward'), placeHolder: diagnosis.verdict });
  if (chosen !== fix) {
    return chosen === undefined;
  }
  await fix.run();
  return true;
}

interface Fix extends vscode.QuickPickItem {
  run(): Promise<unknown>;
}

/** What a program can do about what is broken. */
function fixOf(context: CommandContext, forward: ForwardSnapshot, { fault }: Diagnosis): Fix | undefined {
  const fix = (label: string, icon: string, run: () => Promise<unknown>): Fix => ({ label, iconPath: new vscode.ThemeIcon(icon), run });
  const free = fault?.freePort;
  switch (fault?.kind) {
    case 'portInUse':
      return free === undefined ? undefined : fix(vscode.l10n.t('Use local port {0}', free), 'edit', () => changeLocalPort(context, forward.id, free));
    case 'contextNotFound':
      return fix(vscode.l10n.t('Pick another context'), 'cloud', () => changeContext(context, forward));
    case 'signInRequired':
      return fix(signInTitle(forward, vscode.l10n.t), 'key', () => signIn(context, forward.id));
    default:
      return undefined;
  }
}

/** The last link, which only the editor knows: from the machine of the window to the user's own. */
async function tunnelChapter({ localPort, protocol }: ForwardSnapshot): Promise<string> {
  if (vscode.env.remoteName === undefined || localPort === 0) {
    return '';
  }
  const title = `\n## ${vscode.l10n.t('From your own machine')}\n\n${vscode.l10n.t('The forward listens on {0}.', escapeMarkdown(hostname()))} `;
  if (protocol === 'udp') {
    return title + vscode.l10n.t('UDP is reachable only there.');
  }
  const outside = await vscode.env.asExternalUri(vscode.Uri.parse(`http://127.0.0.1:${localPort}/`));
  return title + vscode.l10n.t('For HTTP the editor leads there by {0}', codeSpan(outside.toString()));
}
