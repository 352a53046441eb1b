/** What the editor calls the kinds of remote windows, in the words that people use. */
const kinds: Readonly<Record<string, string>> = {
  'ssh-remote': 'ssh',
  'dev-container': 'container',
  'attached-container': 'container',
  wsl: 'wsl',
  codespaces: 'codespace',
};

/** `ssh: build-box`: the kind of remote window and the machine that listens. */
export function machineName(remoteName: string, host: string): string {
  const kind = kinds[remoteName];
  return kind === undefined ? host : `${kind}: ${host}`;
}
