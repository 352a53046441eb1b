import { arch, platform, release } from 'node:os';
import * as vscode from 'vscode';
import { diagnosticInfo } from '../model/diagnosticInfo';
import { type CommandContext } from './context';
import { targetForward } from './targets';

export async function showForwardLog(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, () => true, vscode.l10n.t('Show the log of which port forward?'));
  if (forward) {
    await context.forwardLog.show(forward.id);
  }
}

/** Follow Pod Logs: of the pod that connections are sent to. A relay has nothing to say about what is behind it. */
export async function showPodLogs(context: CommandContext, ...args: unknown[]): Promise<void> {
  const forward = await targetForward(context, args, (_, { pods, throughRelay }) => pods.length > 0 && !throughRelay, vscode.l10n.t('Follow the logs behind which port forward?'));
  if (forward) {
    context.podLogs.show(forward);
  }
}

/** Puts on the clipboard what a bug report needs, and nothing that should not be in one. */
export async function copyDiagnostics({ store, settings, supervisor, manifest }: CommandContext): Promise<void> {
  const text = diagnosticInfo(store, {
    version: manifest.version,
    editor: `${vscode.env.appName} ${vscode.version} (${vscode.env.appHost})`,
    platform: `${platform()} ${release()} ${arch()}`,
    remote: vscode.env.remoteName,
    service: supervisor.status,
    trusted: vscode.workspace.isTrusted,
    settings: settings.changed(Object.keys(manifest.contributes.configuration.properties)),
  });
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(vscode.l10n.t('Diagnostic information copied'), 3000);
}
