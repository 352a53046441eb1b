import * as vscode from 'vscode';
import { type ForwardStore } from '../model/forwardStore';
import { type ForwardRange } from '../sidecar/protocol.generated';
import { tooltipOf } from '../views/forwardsTree';
import { toRange } from '../workspace/problems';
import { type WorkspaceSync } from '../workspace/workspaceSync';
import { liveRanges } from './liveRanges';

/** Over an alias: the tooltip of the row. From an alias: to wherever else the forward is defined or changed. */
export class AliasProviders implements vscode.HoverProvider, vscode.DefinitionProvider {
  constructor(
    private readonly store: ForwardStore,
    private readonly sync: WorkspaceSync,
  ) {}

  provideHover(document: vscode.TextDocument, position: vscode.Position): vscode.Hover | undefined {
    const range = this.at(document, position);
    const snapshot = range && this.store.get(range.id);
    return snapshot && new vscode.Hover(tooltipOf(snapshot, this.store.isCurrent(snapshot.id)), aliasRange(document, position));
  }

  provideDefinition(document: vscode.TextDocument, position: vscode.Position): vscode.Location[] {
    const here = this.at(document, position);
    return this.sync.ranges
      .filter((range) => here && range.id === here.id && range.uri !== here.uri)
      .map(({ uri, range }) => new vscode.Location(vscode.Uri.parse(uri), toRange(range)));
  }

  /** The definition whose alias is there. */
  private at(document: vscode.TextDocument, position: vscode.Position): ForwardRange | undefined {
    return aliasRange(document, position) && liveRanges(this.sync, this.store, document).find(({ range }) => toRange(range).contains(position));
  }
}

function aliasRange(document: vscode.TextDocument, position: vscode.Position): vscode.Range | undefined {
  return document.getWordRangeAtPosition(position, /"alias"\s*:\s*"(?:[^"\\]|\\.)*"/);
}
