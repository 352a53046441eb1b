import { hostname } from 'node:os';
import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { type TreeNode } from '../model/grouping';
import { machineName } from '../model/machine';
import { presentStatusBar, summarize, type ServiceStatus, type Summary } from '../model/summary';
import { type Settings } from '../settings';
import { type FaultKind } from '../sidecar/protocol.generated';
import { viewState } from './serviceState';
import { Throttle } from './throttle';

const refreshIntervalMs = 250;

/** What the overview shows besides the forwards. */
export interface OverviewInputs {
  service(): ServiceStatus;
  /** False until the documents were read and, if there are any, applied once. */
  isRead(): boolean;
  errorCount(): number;
  isKubeconfigMissing(): boolean;
}

/** Everything that sums up all forwards: the status bar item, the view's badge, message and description, the context keys. */
export class Overview implements vscode.Disposable {
  private readonly item: vscode.StatusBarItem;
  private readonly keys = new Map<string, unknown>();
  private later: NodeJS.Timeout | undefined;
  private badge = 0;
  /** Whether there is anything valid from before a mistake was made. */
  private wasValid = false;
  private readonly throttle = new Throttle(refreshIntervalMs, () => {
    this.render();
  });

  constructor(
    private readonly view: vscode.TreeView<TreeNode>,
    private readonly store: ForwardStore,
    private readonly settings: Settings,
    private readonly inputs: OverviewInputs,
  ) {
    // Between Problems (50) and Forwarded Ports (40).
    this.item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 45);
    this.item.name = vscode.l10n.t('Kftray Port Forwards');
    this.item.command = 'kftray.showMenu';
    if (vscode.env.remoteName !== undefined) {
      view.description = vscode.l10n.t('on {0}', machineName(vscode.env.remoteName, hostname()));
    }
  }

  /** To be called whenever anything changed that is summed up; until then nothing is shown. */
  update(): void {
    this.throttle.request();
  }

  dispose(): void {
    clearTimeout(this.later);
    this.throttle.dispose();
    this.item.dispose();
  }

  private render(): void {
    const now = Date.now();
    const summary = summarize(this.store, now);
    this.renderStatusBar(summary);
    this.renderView(summary);
    this.setKey('kftray.state', viewState(this.inputs.service(), this.inputs.isRead(), this.inputs.errorCount(), this.inputs.isKubeconfigMissing(), summary));
    this.setKey('kftray.hasForwards', summary.total > 0);
    this.setKey('kftray.activeCount', summary.active);
    this.setKey('kftray.wantedCount', summary.wanted);
    this.setKey('kftray.stoppedCount', summary.stopped);
    this.setKey('kftray.errorCount', summary.failed);
    this.setKey('kftray.consentCount', this.countOf('consentRequired'));
    this.setKey('kftray.signInCount', this.countOf('signInRequired'));

    clearTimeout(this.later);
    if (summary.nextBusyAt !== undefined) {
      this.later = setTimeout(() => {
        this.update();
      }, summary.nextBusyAt - now);
    }
  }

  private countOf(kind: FaultKind): number {
    return this.store.all.filter(({ fault }) => fault?.kind === kind).length;
  }

  private renderStatusBar(summary: Summary): void {
    const around = {
      service: this.inputs.service(),
      trusted: vscode.workspace.isTrusted,
      visibility: this.settings.statusBarVisibility,
      highlightProblems: this.settings.highlightProblems,
    };
    const presentation = presentStatusBar(this.store, summary, around, vscode.l10n.t);
    if (!presentation) {
      this.item.hide();
      return;
    }
    this.item.text = presentation.text;
    this.item.tooltip = new vscode.MarkdownString(presentation.tooltip, true);
    this.item.accessibilityInformation = { label: presentation.accessibilityLabel };
    this.item.backgroundColor = presentation.background === 'none' ? undefined : new vscode.ThemeColor(`statusBarItem.${presentation.background}Background`);
    this.item.show();
  }

  private renderView({ failed, total }: Summary): void {
    if (failed !== this.badge) {
      this.badge = failed;
      this.view.badge = failed === 0 ? undefined : { value: failed, tooltip: failed === 1 ? vscode.l10n.t('1 port forward needs attention') : vscode.l10n.t('{0} port forwards need attention', failed) };
    }
    const errors = this.inputs.errorCount();
    this.wasValid ||= errors === 0 && total > 0;
    const text = this.inputs.service() === 'down' ? vscode.l10n.t('The Kftray service is not running.') : errors > 0 ? this.problemText(errors) : '';
    if ((this.view.message ?? '') !== text) {
      this.view.message = text;
    }
  }

  private problemText(errors: number): string {
    const text = errors === 1 ? vscode.l10n.t('The configuration has a problem.') : vscode.l10n.t('The configuration has {0} problems.', errors);
    return this.wasValid ? `${text} ${vscode.l10n.t('What was valid before still applies.')}` : text;
  }

  /** Context keys cross to the window's process: only changes do. */
  private setKey(key: string, value: unknown): void {
    if (this.keys.get(key) !== value) {
      this.keys.set(key, value);
      void vscode.commands.executeCommand('setContext', key, value);
    }
  }
}
