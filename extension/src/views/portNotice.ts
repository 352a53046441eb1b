import * as vscode from 'vscode';
import { localAddress } from '../model/address';
import { type ForwardStore } from '../model/forwardStore';
import { type Settings } from '../settings';
import { notifyInformation } from './notify';

/** Says once when a forward listens on another port than its definition names, which happens only where the user asked for it. */
export class PortNotice implements vscode.Disposable {
  /** The ports that were told of, by forward. */
  private readonly told = new Map<string, number>();
  private readonly subscription: { dispose(): void };

  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
  ) {
    this.subscription = store.onDidChangeState(({ ids }) => {
      ids.forEach((id) => {
        this.consider(id);
      });
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  private consider(id: string): void {
    const forward = this.store.get(id);
    if (!forward?.configuredLocalPort) {
      // 0 means any port, so there is nothing to be surprised at.
      this.told.delete(id);
      return;
    }
    if (this.told.get(id) === forward.localPort || this.settings.notifications === 'none') {
      return;
    }
    this.told.set(id, forward.localPort);
    const copy = vscode.l10n.t('Copy Address');
    const message = vscode.l10n.t('{0} listens on port {1}, because {2} is in use.', forward.alias, forward.localPort, forward.configuredLocalPort);
    void notifyInformation(message, copy).then((answer) => (answer === copy ? vscode.env.clipboard.writeText(localAddress(forward)) : undefined));
  }
}
