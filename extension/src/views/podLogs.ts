import * as vscode from 'vscode';
import { type Emitter } from '../model/emitter';
import { type ForwardSnapshot, type PodLogParams } from '../sidecar/protocol.generated';
import { type SidecarSupervisor } from '../sidecar/supervisor';

/** What pods of forwards say, for whoever follows them. */
export type PodLogFeed = Emitter<PodLogParams>;

/** Follows the log of a forward's pod in a terminal that takes no input: it shows colours, and scrolls as terminals do. */
export class PodLogs {
  constructor(
    private readonly supervisor: SidecarSupervisor,
    private readonly feed: PodLogFeed,
  ) {}

  show(forward: ForwardSnapshot): void {
    const terminal = vscode.window.createTerminal({ name: vscode.l10n.t('Log of {0}', forward.alias), pty: new PodLogTerminal(this.supervisor, this.feed, forward), iconPath: new vscode.ThemeIcon('output') });
    terminal.show(true);
  }
}

class PodLogTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly cancellation = new vscode.CancellationTokenSource();
  private subscription: { dispose(): void } | undefined;

  readonly onDidWrite = this.written.event;

  constructor(
    private readonly supervisor: SidecarSupervisor,
    private readonly feed: PodLogFeed,
    private readonly forward: ForwardSnapshot,
  ) {}

  open(): void {
    this.subscription = this.feed.event(({ id, text }) => {
      if (id === this.forward.id) {
        this.written.fire(text.replaceAll(/\r?\n/g, '\r\n'));
      }
    });
    this.follow().catch((error: unknown) => {
      if (!this.cancellation.token.isCancellationRequested) {
        this.say(error instanceof Error ? error.message : String(error));
      }
    });
  }

  close(): void {
    this.cancellation.cancel();
    this.cancellation.dispose();
    this.subscription?.dispose();
    this.written.dispose();
  }

  private async follow(): Promise<void> {
    const connection = await this.supervisor.connection();
    const { pod } = await connection.request('forward/followLog', { id: this.forward.id }, this.cancellation.token);
    this.say(vscode.l10n.t('The log of pod {0} has ended.', pod));
  }

  /** Dimmed, so that it is not taken for the pod's own words. */
  private say(text: string): void {
    this.written.fire(`\x1b[2m${text}\x1b[0m\r\n`);
  }
}
