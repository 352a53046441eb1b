import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { type Settings } from '../settings';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { type EnabledSet, type Memory } from './enabledSet';
import { notifyInformation } from '../views/notify';

const consentKey = 'kftray.autoStartConsent';
type Consent = 'allowed' | 'declined';

/**
 * Starts the forwards that ask for it with `auto_start`, each once per window, when it is first seen: one that the user stopped stays stopped.
 * Never in an untrusted workspace, and by default not before the user allowed it for this workspace.
 */
export class AutoStart implements vscode.Disposable {
  private readonly seen = new Set<string>();
  /** Seen, and neither allowed nor started by hand yet. */
  private readonly waiting = new Set<string>();
  private readonly subscriptions: readonly { dispose(): void }[];
  private isAsking = false;

  constructor(
    private readonly store: ForwardStore,
    private readonly enabled: EnabledSet,
    private readonly settings: Settings,
    private readonly memory: Memory,
    private readonly start: (ids: readonly string[]) => Promise<unknown>,
  ) {
    this.subscriptions = [
      store.onDidRename(({ from, to }) => {
        [this.seen, this.waiting].filter((ids) => ids.delete(from)).forEach((ids) => ids.add(to));
      }),
      enabled.onDidChange(() => {
        enabled.ids.forEach((id) => this.waiting.delete(id));
      }),
    ];
  }

  /** To be called whenever forwards came or the workspace became trusted. */
  async consider(): Promise<void> {
    if (!this.mayStart || this.isAsking) {
      return;
    }
    const fresh = this.store.all.filter(({ id, autoStart, status }) => autoStart && status !== 'blocked' && !this.seen.has(id)).map(({ id }) => id);
    fresh.forEach((id) => this.seen.add(id));
    const stopped = fresh.filter((id) => !this.enabled.has(id));
    if (stopped.length > 0) {
      stopped.forEach((id) => this.waiting.add(id));
      await this.offer();
      // What came while a question was open.
      await this.consider();
    }
  }

  /** Lets the user change the answer given for this workspace. */
  async manage(): Promise<void> {
    const current = this.memory.get<Consent | undefined>(consentKey, undefined);
    const choices = [
      { label: vscode.l10n.t('Allow in this workspace'), consent: 'allowed' as const },
      { label: vscode.l10n.t('Do not allow in this workspace'), consent: 'declined' as const },
      { label: vscode.l10n.t('Ask again'), consent: undefined },
    ];
    const chosen = await vscode.window.showQuickPick(
      choices.map((choice) => ({ ...choice, ...(choice.consent === current ? { description: vscode.l10n.t('current') } : {}) })),
      { placeHolder: vscode.l10n.t('May forwards with auto_start begin by themselves?') },
    );
    if (chosen) {
      await this.memory.update(consentKey, chosen.consent);
      await this.offer();
    }
  }

  dispose(): void {
    this.subscriptions.forEach((subscription) => {
      subscription.dispose();
    });
  }

  private get mayStart(): boolean {
    return vscode.workspace.isTrusted && this.settings.autoStart !== 'never';
  }

  /** Starts what waits by the time that it is allowed, if it is. */
  private async offer(): Promise<void> {
    const forwards = this.store.withIds(this.waiting);
    if (forwards.length > 0 && this.mayStart && (await this.isAllowed(forwards))) {
      await this.start(this.store.withIds(this.waiting).map(({ id }) => id));
    }
  }

  private async isAllowed(forwards: readonly ForwardSnapshot[]): Promise<boolean> {
    if (this.settings.autoStart === 'always') {
      return true;
    }
    const consent = this.memory.get<Consent | undefined>(consentKey, undefined);
    return consent === undefined ? !this.isAsking && this.ask(forwards) : consent === 'allowed';
  }

  private async ask(forwards: readonly ForwardSnapshot[]): Promise<boolean> {
    const allow = vscode.l10n.t('Allow');
    const notNow = vscode.l10n.t('Not Now');
    const openFile = vscode.l10n.t('Open File');
    const contexts = [...new Set(forwards.map(({ context }) => context).filter((context) => context !== undefined))];
    const question =
      contexts.length > 0
        ? vscode.l10n.t('This workspace starts {0} port forwards to {1} automatically. Allow?', forwards.length, contexts.join(', '))
        : vscode.l10n.t('This workspace starts {0} port forwards automatically. Allow?', forwards.length);
    this.isAsking = true;
    try {
      const answer = await notifyInformation(question, allow, notNow, openFile);
      if (answer === openFile && forwards[0]) {
        await vscode.window.showTextDocument(vscode.Uri.parse(forwards[0].uri));
      } else if (answer === allow || answer === notNow) {
        await this.memory.update(consentKey, answer === allow ? 'allowed' : 'declined');
      }
      return answer === allow;
    } finally {
      this.isAsking = false;
    }
  }
}
