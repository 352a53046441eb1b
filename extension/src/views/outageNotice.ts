import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { type Outage, OutageWatch } from '../model/outages';
import { pendingSignIns, signInTitle } from '../model/signIns';
import { duration } from '../model/tooltip';
import { type Settings } from '../settings';
import { notifyWarning } from './notify';

/** Says once per incident that forwards have been disconnected for long. Shorter ones, and their end, are seen on rows only. */
export class OutageNotice implements vscode.Disposable {
  private readonly watch = new OutageWatch();
  private later: NodeJS.Timeout | undefined;
  private readonly subscription: { dispose(): void };

  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
  ) {
    this.subscription = store.onDidChangeState(() => {
      this.look();
    });
  }

  dispose(): void {
    clearTimeout(this.later);
    this.subscription.dispose();
  }

  private look(): void {
    clearTimeout(this.later);
    const now = Date.now();
    const afterMs = this.settings.notifications === 'none' ? 0 : this.settings.disconnectedAfterMs;
    const { outage, lookAgainAt } = this.watch.look(this.store, afterMs, now);
    if (outage) {
      void this.tell(outage, afterMs);
    } else if (lookAgainAt !== undefined) {
      this.later = setTimeout(() => {
        this.look();
      }, lookAgainAt - now);
    }
  }

  private async tell({ forwards }: Outage, afterMs: number): Promise<void> {
    const causes = [...new Set(forwards.map(({ fault }) => fault?.message).filter((message) => message !== undefined))];
    const cause = causes.length === 1 ? ` ${causes[0] ?? ''}` : '';
    const time = duration(afterMs, vscode.l10n.t);
    const [first] = forwards;
    const message =
      forwards.length === 1 && first
        ? vscode.l10n.t('{0} has been disconnected for {1}.', first.alias, time)
        : vscode.l10n.t('{0} forwards have been disconnected for {1}.', forwards.length, time);
    const showForwards = vscode.l10n.t('Show Forwards');
    const diagnose = vscode.l10n.t('Diagnose');
    const never = vscode.l10n.t("Don't Show Again");
    const [waiting] = pendingSignIns(forwards);
    const signIn = waiting && signInTitle(waiting, vscode.l10n.t);
    const answer = await notifyWarning(message + cause, ...(signIn === undefined ? [showForwards, diagnose] : [signIn, showForwards]), never);
    if (answer === undefined) {
      return;
    }
    if (answer === signIn) {
      await vscode.commands.executeCommand('kftray.signIn', waiting?.id);
    } else if (answer === diagnose) {
      await vscode.commands.executeCommand('kftray.diagnose', first?.id);
    } else if (answer === showForwards) {
      await vscode.commands.executeCommand('kftray.forwards.focus');
    } else if (answer === never) {
      await this.settings.muteDisconnections();
    }
  }
}
