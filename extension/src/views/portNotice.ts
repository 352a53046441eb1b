import * as vscode from 'vscode';
import { localAddress } from '../model/address';
import { type ForwardStore } from '../model/forwardStore';
import { type Settings } from '../settings';
import { type Memory } from '../workspace/enabledSet';
import { notifyInformation } from './notify';

const key = 'kftray.toldPorts';

/** What is found out within this time is one message, in milliseconds. */
const collectMs = 1000;

/** Says once when forwards listen on other ports than their definitions name, which happens only where the user asked for it. */
export class PortNotice implements vscode.Disposable {
  /** The ports that were told of, by forward. Kept over a reload: it is no news then. */
  private readonly told: Map<string, number>;
  private readonly untold = new Set<string>();
  private later: NodeJS.Timeout | undefined;
  private readonly subscription: { dispose(): void };

  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
    private readonly memory: Memory,
  ) {
    this.told = new Map(memory.get<[string, number][]>(key, []));
    this.subscription = store.onDidChangeState(({ ids }) => {
      ids.forEach((id) => {
        this.consider(id);
      });
    });
  }

  dispose(): void {
    clearTimeout(this.later);
    this.subscription.dispose();
  }

  private consider(id: string): void {
    const forward = this.store.get(id);
    // 0 means any port, so there is nothing to be surprised at.
    if (forward?.configuredLocalPort) {
      if (this.told.get(id) !== forward.localPort && this.settings.notifications !== 'none') {
        this.untold.add(id);
        this.later ??= setTimeout(() => {
          void this.tell();
        }, collectMs);
      }
    } else if (forward?.status === 'active' && this.told.delete(id)) {
      // It has its own port again.
      void this.save();
    }
  }

  private async tell(): Promise<void> {
    this.later = undefined;
    const forwards = this.store.withIds(this.untold);
    this.untold.clear();
    const moved = forwards.filter(({ configuredLocalPort }) => configuredLocalPort);
    const [first] = moved;
    if (!first) {
      return;
    }
    moved.forEach(({ id, localPort }) => this.told.set(id, localPort));
    void this.save();
    if (moved.length > 1) {
      const showForwards = vscode.l10n.t('Show Forwards');
      const answer = await notifyInformation(vscode.l10n.t('{0} port forwards listen on other ports, because their own are in use.', moved.length), showForwards);
      if (answer === showForwards) {
        await vscode.commands.executeCommand('kftray.forwards.focus');
      }
      return;
    }
    const copy = vscode.l10n.t('Copy Address');
    const message = vscode.l10n.t('{0} listens on port {1}, because {2} is in use.', first.alias, first.localPort, first.configuredLocalPort ?? 0);
    if ((await notifyInformation(message, copy)) === copy) {
      await vscode.env.clipboard.writeText(localAddress(first));
    }
  }

  private save(): Thenable<void> {
    return this.memory.update(key, [...this.told]);
  }
}
