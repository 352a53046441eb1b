/** Gives a user-visible sentence in the user's language; `{0}`, `{1}` … stand for the arguments. The same shape as `vscode.l10n.t`. */
export type Translate = (message: string, ...args: (string | number)[]) => string;
