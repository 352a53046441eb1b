import * as vscode from 'vscode';
import { browseCluster, type BrowseContext } from '../commands/browse';
import { type CompletionPlace, completionPlace, suggestions } from '../model/completionPlace';
import { type BrowseResult } from '../sidecar/protocol.generated';

/** Offers what the clusters have, from the sidecar's memory: no key ever waits for a network. */
export class ClusterCompletion implements vscode.CompletionItemProvider {
  static readonly triggers = ['"', ':', ' '];

  constructor(private readonly context: BrowseContext) {}

  async provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): Promise<vscode.CompletionList | undefined> {
    if (!vscode.workspace.isTrusted) {
      return undefined;
    }
    const place = await completionPlace(document.getText(), document.offsetAt(position));
    if (!place) {
      return undefined;
    }
    const range = new vscode.Range(document.positionAt(place.start), document.positionAt(place.end));
    const items = suggestions(place, await this.recall(place)).map(({ value, detail }, index) => {
      const text = JSON.stringify(value);
      const item = new vscode.CompletionItem({ label: String(value), ...(detail === '' ? {} : { description: detail }) }, kinds[place.key]);
      Object.assign(item, { insertText: text, filterText: text, range, sortText: String(index).padStart(4, '0') });
      return item;
    });
    // What is not known yet is being fetched: the next key may find more.
    return new vscode.CompletionList(items, true);
  }

  /** Makes the sidecar fetch what a document's completion will want. */
  async warmUp(): Promise<void> {
    const { contexts, currentContext } = await this.remembered({});
    if (contexts.length > 0) {
      await this.remembered(currentContext === undefined ? {} : { context: currentContext });
    }
  }

  private async recall(place: CompletionPlace): Promise<BrowseResult> {
    const known = await this.remembered({});
    const context = place.context ?? (this.context.settings.defaultContext || known.currentContext);
    if (place.key === 'context' || context === undefined) {
      return known;
    }
    const namespaces = await this.remembered({ context });
    if (place.key === 'namespace') {
      return namespaces;
    }
    const namespace = place.namespace ?? (this.context.settings.defaultNamespace || (namespaces.defaultNamespace ?? 'default'));
    return this.remembered({ context, namespace });
  }

  private remembered(place: { context?: string; namespace?: string }): Promise<BrowseResult> {
    return browseCluster(this.context, { ...place, remembered: true });
  }
}

const kinds = {
  context: vscode.CompletionItemKind.Module,
  namespace: vscode.CompletionItemKind.Module,
  service: vscode.CompletionItemKind.Interface,
  target: vscode.CompletionItemKind.Class,
  remote_port: vscode.CompletionItemKind.Value,
};
