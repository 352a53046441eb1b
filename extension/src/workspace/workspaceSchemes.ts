/** Where workspaces are: on this disk, on another machine's when the extension runs beside the user, or on none. */
export const workspaceSchemes = ['file', 'vscode-remote', 'vscode-vfs'] as const;
