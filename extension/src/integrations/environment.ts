import * as vscode from 'vscode';
import { forwardVariables } from '../model/environment';
import { type ForwardStore } from '../model/forwardStore';
import { type Settings } from '../settings';
import { Throttle } from '../views/throttle';

const refreshIntervalMs = 1000;

/** Debuggers whose launch configurations have an object `env`. */
const debuggersWithEnv = new Set(['node', 'pwa-node', 'python', 'debugpy', 'go', 'coreclr', 'clr', 'java', 'php', 'rdbg', 'lldb', 'dart', 'bun']);

/** Tells terminals, tasks and debug sessions where the forwards listen. */
export class ForwardEnvironment implements vscode.DebugConfigurationProvider, vscode.Disposable {
  /** A new window has none. */
  private shown = '[]';
  private readonly throttle = new Throttle(refreshIntervalMs, () => {
    this.update();
  });
  private readonly subscriptions: { dispose(): unknown }[];

  constructor(
    private readonly store: ForwardStore,
    private readonly settings: Settings,
    private readonly terminals: vscode.EnvironmentVariableCollection,
  ) {
    // What a dead window knew need not be so any more.
    terminals.persistent = false;
    terminals.description = vscode.l10n.t('Local addresses of port forwards');
    const request = (): void => {
      this.throttle.request();
    };
    this.subscriptions = [this.throttle, store.onDidChangeState(request), settings.onDidChange(request), vscode.debug.registerDebugConfigurationProvider('*', this)];
  }

  /** What a launch configuration sets itself stays. */
  resolveDebugConfiguration(_: vscode.WorkspaceFolder | undefined, configuration: vscode.DebugConfiguration): vscode.DebugConfiguration {
    const own: unknown = configuration.env;
    const fits = configuration.request === 'launch' && debuggersWithEnv.has(configuration.type) && (own === undefined || (typeof own === 'object' && own !== null && !Array.isArray(own)));
    const variables = this.variables();
    return fits && variables.size > 0 ? { ...configuration, env: { ...Object.fromEntries(variables), ...(own as Record<string, string> | undefined) } } : configuration;
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private variables(): ReadonlyMap<string, string> {
    return this.settings.environmentVariables ? forwardVariables(this.store.all) : new Map();
  }

  /** Each change makes the editor mark open terminals as outdated: only real ones are passed on. */
  private update(): void {
    const variables = this.variables();
    const text = JSON.stringify([...variables]);
    if (text === this.shown) {
      return;
    }
    this.shown = text;
    this.terminals.clear();
    for (const [name, value] of variables) {
      this.terminals.replace(name, value);
    }
  }
}
