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

  /** Has the sidecar fetch what completion in this document will want. It is in no hurry, and nobody waits for it. */
  async warmUp(document: vscode.TextDocument): Promise<void> {
    const { currentContext } = await browseCluster(this.context, {});
    const usual = this.context.settings.defaultContext || currentContext;
    const contexts = named(document, 'context', usual);
    for (const context of contexts) {
      const { defaultNamespace } = await browseCluster(this.context, { context });
      for (const namespace of named(document, 'namespace', this.context.settings.defaultNamespace || (defaultNamespace ?? 'default'))) {
        await browseCluster(this.context, { context, namespace });
      }
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

/** So many places are fetched ahead: a document that names more is no reason to ask every cluster there is. */
const placesAhead = 5;

/** What a document mentions, and what is meant where it mentions nothing. Only a guess at what will be wanted: its meaning is the sidecar's to say. */
function named(document: vscode.TextDocument, key: 'context' | 'namespace', usual: string | undefined): readonly string[] {
  const mentioned = [...document.getText().matchAll(new RegExp(`"${key}"\\s*:\\s*"([^"@]+)"`, 'g'))].map((match) => match[1] ?? '');
  return [...new Set([...mentioned, ...(usual === undefined ? [] : [usual])])].slice(0, placesAhead);
}

const kinds = {
  context: vscode.CompletionItemKind.Module,
  namespace: vscode.CompletionItemKind.Module,
  service: vscode.CompletionItemKind.Interface,
  target: vscode.CompletionItemKind.Class,
  remote_port: vscode.CompletionItemKind.Value,
};
