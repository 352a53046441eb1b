import * as vscode from 'vscode';
import { SidecarCrashedError } from '../sidecar/errors';
import { type SidecarSupervisor } from '../sidecar/supervisor';
import { notifyError } from './notify';

/** Says that the service is down, with the way out. One message at a time, whoever finds out. */
export class ServiceNotice implements vscode.Disposable {
  private isOpen = false;
  private readonly subscription: { dispose(): void };

  constructor(
    private readonly supervisor: SidecarSupervisor,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscription = supervisor.onDidGiveUp((error) => {
      void this.tell(error);
    });
  }

  async tell(error: Error): Promise<void> {
    if (this.isOpen) {
      return;
    }
    this.isOpen = true;
    const restart = vscode.l10n.t('Restart');
    const showLog = vscode.l10n.t('Show Log');
    // How it ended the last time is for the log; that it is not started any more is for the user.
    const message = error instanceof SidecarCrashedError ? vscode.l10n.t('The Kftray service has stopped again and again, and is not started any more.') : error.message;
    const answer = await notifyError(message, restart, showLog);
    this.isOpen = false;
    if (answer === restart) {
      // A failure of this is told by onDidGiveUp again.
      await this.supervisor.restart().catch((failure: unknown) => {
        this.log.warn(String(failure));
      });
    } else if (answer === showLog) {
      this.log.show();
    }
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
