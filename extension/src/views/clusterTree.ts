import * as vscode from 'vscode';
import { browseCluster, type BrowseContext } from '../commands/browse';
import { type ClusterNode, clusterRow, contextNodes, namespaceNodes, portNodes, workloadNodes } from '../model/clusterNodes';

/** The clusters of the kubeconfig, for making forwards of what runs there. Nothing is asked before its row is expanded. */
export class ClusterTree implements vscode.TreeDataProvider<ClusterNode>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<ClusterNode | undefined>();
  private readonly subscriptions: vscode.Disposable[];

  readonly onDidChangeTreeData = this.changed.event;

  constructor(private readonly context: BrowseContext) {
    const again = (): void => {
      this.refresh();
    };
    this.subscriptions = [this.changed, context.settings.onDidChangeKubeconfig(again), vscode.workspace.onDidGrantWorkspaceTrust(again)];
  }

  /** Asks again, for everything or for what is below one row. */
  refresh(node?: ClusterNode): void {
    this.changed.fire(node);
  }

  getTreeItem(node: ClusterNode): vscode.TreeItem {
    const row = clusterRow(node, vscode.l10n.t);
    const item = new vscode.TreeItem(row.label, row.isLeaf ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Collapsed);
    item.id = row.id;
    item.description = row.description;
    item.iconPath = new vscode.ThemeIcon(row.icon.id);
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibilityLabel };
    item.tooltip = row.accessibilityLabel;
    return item;
  }

  async getChildren(node?: ClusterNode): Promise<ClusterNode[]> {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    try {
      const children = await this.browse(node);
      return children.length > 0 || !node ? [...children] : [note(node, vscode.l10n.t('Nothing here that can be forwarded'), false)];
    } catch (error) {
      // On the row: a toast for each expanded row would be noise.
      return [note(node, error instanceof Error ? error.message : String(error), true)];
    }
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async browse(node: ClusterNode | undefined): Promise<readonly ClusterNode[]> {
    switch (node?.kind) {
      case undefined:
        return contextNodes(await browseCluster(this.context, {}));
      case 'context':
        return namespaceNodes(node.context, await browseCluster(this.context, { context: node.context }));
      case 'namespace':
        return workloadNodes(node, await browseCluster(this.context, { context: node.context, namespace: node.namespace }));
      case 'workload':
        return portNodes(node);
      case 'port':
      case 'note':
        return [];
    }
  }
}

function note(parent: ClusterNode | undefined, text: string, isProblem: boolean): ClusterNode {
  return { kind: 'note', parent: parent ? clusterRow(parent, vscode.l10n.t).id : '', text, isProblem };
}
