import * as vscode from 'vscode';
import { plain } from '../model/markdown';

/** Work that takes longer gets a notification, which can be cancelled; the view's own progress cannot. Milliseconds. */
const patienceMs = 4000;

/** Does what the user waits for, with progress in the view. */
export async function withPatience<T>(title: string, work: (cancellation: vscode.CancellationToken) => Promise<T>): Promise<T> {
  const cancellation = new vscode.CancellationTokenSource();
  const working = work(cancellation.token);
  const slow = setTimeout(() => {
    void vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: plain(title), cancellable: true }, (_, token) => {
      token.onCancellationRequested(() => {
        cancellation.cancel();
      });
      return working.catch(() => undefined);
    });
  }, patienceMs);
  try {
    return await vscode.window.withProgress({ location: { viewId: 'kftray.forwards' } }, () => working);
  } finally {
    clearTimeout(slow);
    cancellation.dispose();
  }
}
