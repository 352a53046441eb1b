import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { rowState } from '../model/rowState';
import { type Settings } from '../settings';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { plain } from '../model/markdown';
import { notifyError } from './notify';

/** A start that takes longer is no longer something the user is looking at. Milliseconds. */
const attentionMs = 15_000;
/** A start that takes longer, as when a node pulls the relay's image, can be watched and given up. Milliseconds. */
const slowStartMs = 5000;

/**
 * Tells once when forwards that the user just started end in `failed`: one message per action, however many failed. What fails later, or
 * was started by nobody's hand, shows on the row and in the status bar only.
 */
export class FailureNotice {
  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
  ) {}

  /** Starts forwards by the given action. Resolves when each has started or failed, and the user has been told. */
  async during(ids: readonly string[], start: () => Promise<unknown>): Promise<void> {
    const before = new Map(ids.map((id) => [id, this.store.get(id)?.since]));
    await start();
    const settled = this.settled(ids, before);
    const slow = setTimeout(() => {
      this.showProgress(ids, settled);
    }, slowStartMs);
    const failed = await settled;
    clearTimeout(slow);
    if (failed.length > 0 && this.settings.notifications === 'problems') {
      await this.tell(failed, ids.length);
    }
  }

  private showProgress(ids: readonly string[], settled: Promise<unknown>): void {
    const starting = this.store.withIds(ids).filter(({ status }) => status === 'starting');
    if (starting.length === 0) {
      return;
    }
    const title = starting.length === 1 && starting[0] ? vscode.l10n.t('Starting {0}…', starting[0].alias) : vscode.l10n.t('Starting {0} port forwards…', starting.length);
    const showLog = `[${vscode.l10n.t('Show Log')}](command:kftray.showLog)`;
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: `${plain(title)} ${showLog}`, cancellable: true }, async (_, token) => {
      token.onCancellationRequested(() => vscode.commands.executeCommand('kftray.stop', ids));
      await settled;
    });
  }

  /** The forwards that failed. One that stands as it stood before has not been heard of yet. */
  private settled(ids: readonly string[], before: ReadonlyMap<string, string | undefined>): Promise<readonly ForwardSnapshot[]> {
    const isUndecided = ({ id, status, since }: ForwardSnapshot): boolean =>
      !this.store.isCurrent(id) || status === 'starting' || ((status === 'stopped' || status === 'failed') && since === before.get(id));
    return new Promise((resolve) => {
      const look = (isLast: boolean): void => {
        const snapshots = this.store.withIds(ids);
        if (isLast || !snapshots.some(isUndecided)) {
          clearTimeout(timer);
          subscription.dispose();
          // Where another window serves the port, the row says so and nothing is amiss.
          resolve(snapshots.filter((snapshot) => rowState(snapshot, true) === 'error'));
        }
      };
      const subscription = this.store.onDidChangeState(() => {
        look(false);
      });
      const timer = setTimeout(() => {
        look(true);
      }, attentionMs);
      look(false);
    });
  }

  private async tell(failed: readonly ForwardSnapshot[], total: number): Promise<void> {
    const [first] = failed;
    if (failed.length === 1 && first) {
      await this.tellOne(first);
      return;
    }
    const showForwards = vscode.l10n.t('Show Forwards');
    const showLog = vscode.l10n.t('Show Log');
    const answer = await notifyError(vscode.l10n.t('{0} of {1} forwards could not start.', failed.length, total), showForwards, showLog);
    if (answer !== undefined) {
      await vscode.commands.executeCommand(answer === showLog ? 'kftray.showLog' : 'kftray.forwards.focus');
    }
  }

  private async tellOne(forward: ForwardSnapshot): Promise<void> {
    const { fault } = forward;
    const free = this.settings.localPortOnConflict === 'ask' ? fault?.freePort : undefined;
    const useFree = vscode.l10n.t('Use {0}', free ?? 0);
    const diagnose = vscode.l10n.t('Diagnose');
    const showLog = vscode.l10n.t('Show Log');
    const message = vscode.l10n.t('{0} could not start: {1}', forward.alias, [fault?.message, fault?.hint].filter(Boolean).join(' '));
    const answer = await notifyError(message, ...(free === undefined ? [] : [useFree]), diagnose, showLog);
    if (answer === useFree) {
      await vscode.commands.executeCommand('kftray.changeLocalPort', forward.id, free);
    } else if (answer === diagnose) {
      await vscode.commands.executeCommand('kftray.diagnose', forward.id);
    } else if (answer === showLog) {
      await vscode.commands.executeCommand('kftray.showForwardLog', forward.id);
    }
  }
}
