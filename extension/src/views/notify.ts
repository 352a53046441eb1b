import * as vscode from 'vscode';
import { plain } from '../model/markdown';

type Notify = typeof vscode.window.showErrorMessage;

/** Notifications whose text is text: names and messages of others are in most of them, and must not become commands. */
export const notifyError = notifier('showErrorMessage');
export const notifyWarning = notifier('showWarningMessage');
export const notifyInformation = notifier('showInformationMessage');

function notifier(show: 'showErrorMessage' | 'showWarningMessage' | 'showInformationMessage'): Notify {
  return ((message: string, ...rest: string[]) => vscode.window[show](plain(message), ...rest)) as Notify;
}
