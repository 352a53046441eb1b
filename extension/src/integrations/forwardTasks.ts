import * as vscode from 'vscode';
import { presentRow } from '../model/presentation';
import { rowState, type RowState } from '../model/rowState';
import { type ForwardSnapshot } from '../sidecar/protocol.generated';
import { findForwards, type ForwardControl, isThere, isUnderWay, startAndWait, stopForwards } from './starting';

export const taskType = 'kftray';

/** Who waits longer than this wants to know for what. Milliseconds. */
const quietMs = 5000;
/** A debug session that waits for the task waits no longer: a cluster that is away may stay away. Milliseconds. */
const startLimitMs = 60_000;

interface ForwardTaskDefinition extends vscode.TaskDefinition {
  /** Aliases, with `*` and `?`. */
  readonly forwards: readonly string[];
  readonly action?: 'start' | 'stop';
}

/** Tasks that start or stop forwards, for `preLaunchTask` and `postDebugTask`. The forwards outlive the task. */
export class ForwardTasks implements vscode.TaskProvider {
  constructor(private readonly control: ForwardControl) {}

  provideTasks(): vscode.Task[] {
    return this.control.store.all.length === 0
      ? []
      : [
          this.task({ type: taskType, forwards: ['*'], action: 'start' }, vscode.TaskScope.Workspace, vscode.l10n.t('start all port forwards')),
          this.task({ type: taskType, forwards: ['*'], action: 'stop' }, vscode.TaskScope.Workspace, vscode.l10n.t('stop all port forwards')),
        ];
  }

  resolveTask(task: vscode.Task): vscode.Task | undefined {
    const definition = task.definition as ForwardTaskDefinition;
    return isDefinition(definition) ? this.task(definition, task.scope ?? vscode.TaskScope.Workspace, task.name) : undefined;
  }

  private task(definition: ForwardTaskDefinition, scope: vscode.TaskScope | vscode.WorkspaceFolder, name: string): vscode.Task {
    const execution = new vscode.CustomExecution(() => Promise.resolve(new ForwardTerminal(this.control, definition)));
    const task = new vscode.Task(definition, scope, name, taskType, execution, []);
    task.presentationOptions = { reveal: vscode.TaskRevealKind.Silent, clear: true };
    return task;
  }
}

function isDefinition({ forwards, action }: ForwardTaskDefinition): boolean {
  const isKnown = action === undefined || (['start', 'stop'] as readonly unknown[]).includes(action);
  return Array.isArray(forwards) && forwards.length > 0 && forwards.every((pattern) => typeof pattern === 'string') && isKnown;
}

/** Says what happens, a line for each forward, and ends with 0 when all is as wanted. */
export class ForwardTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number>();
  private readonly cancelled = new AbortController();

  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly control: ForwardControl,
    private readonly definition: ForwardTaskDefinition,
  ) {}

  open(): void {
    this.run().then(
      (code) => {
        this.closed.fire(code);
      },
      (error: unknown) => {
        this.say(error instanceof Error ? error.message : String(error));
        this.closed.fire(1);
      },
    );
  }

  /** The user ended the task: what was started stays. */
  close(): void {
    this.cancelled.abort();
  }

  private async run(): Promise<number> {
    if (!vscode.workspace.isTrusted) {
      throw new Error(vscode.l10n.t('In Restricted Mode Kftray starts nothing, because a kubeconfig can run programs.'));
    }
    const { forwards: patterns, action } = this.definition;
    const forwards = await findForwards(this.control, patterns);
    if (forwards.length === 0) {
      throw new Error(vscode.l10n.t('No port forward is named {0}.', patterns.join(', ')));
    }
    if (action === 'stop') {
      await stopForwards(this.control, forwards);
      this.say(vscode.l10n.t('Stopped {0}.', forwards.map(({ alias }) => alias).join(', ')));
      return 0;
    }
    return this.start(forwards);
  }

  private async start(forwards: readonly ForwardSnapshot[]): Promise<number> {
    this.say(vscode.l10n.t('Starting {0}…', forwards.map(({ alias }) => alias).join(', ')));
    const long = setTimeout(() => {
      this.sayWhatIsAwaited(forwards);
    }, quietMs);
    try {
      const ended = await startAndWait(this.control, forwards, { limitMs: startLimitMs, cancelled: this.cancelled.signal });
      ended.forEach((snapshot) => {
        this.say(this.line(snapshot));
      });
      if (ended.some((snapshot) => isUnderWay(snapshot, this.stateOf(snapshot)))) {
        this.say(vscode.l10n.t('Not everything was there after {0} s. What was started goes on trying.', startLimitMs / 1000));
      }
      return ended.length === forwards.length && ended.every((snapshot) => isThere(this.stateOf(snapshot))) ? 0 : 1;
    } finally {
      clearTimeout(long);
    }
  }

  private sayWhatIsAwaited(forwards: readonly ForwardSnapshot[]): void {
    this.control.store
      .withIds(forwards.map(({ id }) => id))
      .filter((snapshot) => isUnderWay(snapshot, this.stateOf(snapshot)))
      .forEach((snapshot) => {
        this.say(vscode.l10n.t('Waiting: {0}', this.line(snapshot)));
      });
  }

  private line(snapshot: ForwardSnapshot): string {
    if (this.stateOf(snapshot) === 'stopped') {
      return vscode.l10n.t('{0} was stopped.', snapshot.alias);
    }
    const { accessibilityLabel } = presentRow(snapshot, this.control.store.isCurrent(snapshot.id), snapshot.alias, vscode.l10n.t);
    return snapshot.status === 'active' ? accessibilityLabel : [accessibilityLabel, snapshot.fault?.hint].filter(Boolean).join('. ');
  }

  private stateOf(snapshot: ForwardSnapshot): RowState {
    return rowState(snapshot, this.control.store.isCurrent(snapshot.id));
  }

  private say(text: string): void {
    this.written.fire(`${text.replaceAll('\n', '\r\n')}\r\n`);
  }
}
