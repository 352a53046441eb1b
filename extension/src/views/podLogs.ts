import * as vscode from 'vscode';
import { type Emitter } from '../model/emitter';
import { type ForwardSnapshot, type PodLogParams } from '../sidecar/protocol.generated';
import { type SidecarSupervisor } from '../sidecar/supervisor';

/** What pods of forwards say, for whoever follows them. */
export type PodLogFeed = Emitter<PodLogParams>;

/** Follows the log of a forward's pod in a terminal that takes no input: it shows colours, and scrolls as terminals do. */
export class PodLogs {
  /** By forward: pieces name their forward only, so that a second follower would print each one twice. */
  private readonly following = new Map<string, vscode.Terminal>();

  constructor(
    private readonly supervisor: SidecarSupervisor,
    private readonly feed: PodLogFeed,
  ) {}

  show(forward: ForwardSnapshot): void {
    const terminal = this.following.get(forward.id) ?? this.follow(forward);
    terminal.show(true);
  }

  private follow(forward: ForwardSnapshot): vscode.Terminal {
    const pty = new PodLogTerminal(this.supervisor, this.feed, forward, () => this.following.delete(forward.id));
    const terminal = vscode.window.createTerminal({ name: vscode.l10n.t('Log of {0}', forward.alias), pty, iconPath: new vscode.ThemeIcon('output') });
    this.following.set(forward.id, terminal);
    return terminal;
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
    private readonly onDidEnd: () => void,
  ) {}

  open(): void {
    this.subscription = this.feed.event(({ id, text }) => {
      if (id === this.forward.id) {
        this.written.fire(text.replaceAll(/\r?\n/g, '\r\n'));
      }
    });
    this.follow()
      .catch((error: unknown) => {
        if (!this.cancellation.token.isCancellationRequested) {
          this.say(error instanceof Error ? error.message : String(error));
        }
      })
      .finally(() => {
        this.end();
      });
  }

  close(): void {
    this.cancellation.cancel();
    this.cancellation.dispose();
    this.end();
    this.written.dispose();
  }

  /** What is shown stays; from here on another terminal may follow. */
  private end(): void {
    if (this.subscription) {
      this.subscription.dispose();
      this.subscription = undefined;
      this.onDidEnd();
    }
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
