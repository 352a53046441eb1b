import * as vscode from 'vscode';
import { type InBackground } from '../background';
import { type BrowseContext } from '../commands/browse';
import { type ForwardStore } from '../model/forwardStore';
import { type Problems } from '../workspace/problems';
import { type WorkspaceSync } from '../workspace/workspaceSync';
import { AliasProviders } from './aliasProviders';
import { ClusterCompletion } from './clusterCompletion';
import { configSelector } from './configSelector';
import { LensProvider } from './lensProvider';
import { QuickFixes } from './quickFixes';

/** What an editor offers in a config document beyond its schema. */
export function registerLanguage(context: BrowseContext, store: ForwardStore, sync: WorkspaceSync, problems: Problems, background: InBackground): vscode.Disposable {
  const lenses = new LensProvider(store, sync, context.settings);
  const aliases = new AliasProviders(store, sync);
  const completion = new ClusterCompletion(context);
  return vscode.Disposable.from(
    lenses,
    vscode.languages.registerCodeLensProvider(configSelector, lenses),
    vscode.languages.registerCodeActionsProvider(configSelector, new QuickFixes(problems), { providedCodeActionKinds: QuickFixes.kinds }),
    vscode.languages.registerCompletionItemProvider(configSelector, completion, ...ClusterCompletion.triggers),
    vscode.languages.registerHoverProvider(configSelector, aliases),
    vscode.languages.registerDefinitionProvider(configSelector, aliases),
    vscode.window.onDidChangeActiveTextEditor((editor) => {
      if (editor && vscode.workspace.isTrusted && vscode.languages.match(configSelector, editor.document) > 0) {
        background('Looking at the clusters for completion', () => completion.warmUp());
      }
    }),
  );
}
