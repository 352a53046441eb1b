/**
 * Makes text from a config or a cluster harmless inside Markdown: no formatting, no link, no table cell, no line, no theme icon.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/[\\`*_{}[\]()#+\-.!|<>~&]/g, '\\$&')
    // The editor looks for $(icon) in the rendered text, where a backslash is gone already: only a character in between helps.
    .replace(/\$(?=\\?\()/g, '$\u200b');
}

/** A code span, not for tables. A backtick cannot be escaped inside one, so it becomes an apostrophe. */
export function codeSpan(text: string): string {
  return `\`${text.replace(/[\r\n\t]+/g, ' ').replaceAll('`', "'").replace(/\$(?=\()/g, '$\u200b')}\``;
}

/**
 * Keeps text that may come from a config or a cluster from being a link in a notification: the editor makes one of `[text](command:…)`, and runs the
 * command at a click.
 */
export function plain(text: string): string {
  return text.replaceAll('](', ']\u200b(');
}
