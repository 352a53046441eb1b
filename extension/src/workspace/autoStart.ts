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
export class AutoStart {
  private readonly seen = new Set<string>();
  private isAsking = false;

  constructor(
    private readonly store: ForwardStore,
    private readonly enabled: EnabledSet,
    private readonly settings: Settings,
    private readonly memory: Memory,
    private readonly start: (ids: readonly string[]) => Promise<unknown>,
  ) {}

  /** To be called whenever forwards came or the workspace became trusted. */
  async consider(): Promise<void> {
    if (!vscode.workspace.isTrusted || this.settings.autoStart === 'never' || this.isAsking) {
      return;
    }
    const wanted = this.store.all.filter(({ id, autoStart, status }) => autoStart && status !== 'blocked' && !this.seen.has(id));
    wanted.forEach(({ id }) => this.seen.add(id));
    const stopped = wanted.filter(({ id }) => !this.enabled.has(id));
    if (stopped.length > 0 && (await this.isAllowed(stopped))) {
      await this.start(stopped.map(({ id }) => id));
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
      // What waited for the answer waits no longer.
      this.seen.clear();
      await this.consider();
    }
  }

  private async isAllowed(forwards: readonly ForwardSnapshot[]): Promise<boolean> {
    if (this.settings.autoStart === 'always') {
      return true;
    }
    const consent = this.memory.get<Consent | undefined>(consentKey, undefined);
    return consent === undefined ? this.ask(forwards) : consent === 'allowed';
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
