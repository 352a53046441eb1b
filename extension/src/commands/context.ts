import type * as vscode from 'vscode';
import { type ReadmeTable } from '../integrations/readmeTable';
import { type ForwardStore } from '../model/forwardStore';
import { type TreeNode } from '../model/grouping';
import { type Settings } from '../settings';
import { type SidecarSupervisor } from '../sidecar/supervisor';
import { type ClusterTree } from '../views/clusterTree';
import { type FailureNotice } from '../views/failureNotice';
import { type ForwardLog } from '../views/forwardLog';
import { type ForwardsTree } from '../views/forwardsTree';
import { type IgnoreNotice } from '../views/ignoreNotice';
import { type PodLogs } from '../views/podLogs';
import { type Reports } from '../views/reports';
import { type ServiceNotice } from '../views/serviceNotice';
import { type AutoStart } from '../workspace/autoStart';
import { type ConfigDocuments } from '../workspace/configDocuments';
import { type Consents } from '../workspace/consents';
import { type EnabledSet } from '../workspace/enabledSet';
import { type WorkspaceSync } from '../workspace/workspaceSync';

/** What the handlers of commands work with. */
export interface CommandContext {
  readonly store: ForwardStore;
  readonly tree: ForwardsTree;
  readonly view: vscode.TreeView<TreeNode>;
  readonly settings: Settings;
  readonly enabled: EnabledSet;
  readonly consents: Consents;
  readonly sync: WorkspaceSync;
  readonly documents: ConfigDocuments;
  readonly supervisor: SidecarSupervisor;
  readonly autoStart: AutoStart;
  readonly failures: FailureNotice;
  readonly reports: Reports;
  readonly serviceNotice: ServiceNotice;
  readonly log: vscode.LogOutputChannel;
  readonly clusters: ClusterTree;
  readonly forwardLog: ForwardLog;
  readonly podLogs: PodLogs;
  readonly ignoreNotice: IgnoreNotice;
  readonly readme: ReadmeTable;
  readonly manifest: Manifest;
}

/** The part of `package.json` that is looked at. */
export interface Manifest {
  readonly version: string;
  readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, unknown>> } };
}

/** Throws; who registered it shows. The arguments are what the editor passes: a row and the selected rows, an id, or nothing. */
export type CommandHandler = (context: CommandContext, ...args: unknown[]) => Promise<unknown>;
export type CommandTable = Readonly<Record<`kftray.${string}`, CommandHandler>>;
