import type * as vscode from 'vscode';
import { type LogParams, type SidecarLogLevel } from './protocol.generated';

/** The editor's levels are numbers from 0 (off) to 5 (error). */
const levels: readonly SidecarLogLevel[] = ['off', 'trace', 'debug', 'info', 'warning', 'error'];

export function sidecarLogLevel(level: vscode.LogLevel): SidecarLogLevel {
  return levels[level] ?? 'info';
}

/** Writes a line of the sidecar into the channel, under the last word of its category: `[ForwardSet] …`. */
export function relayLog(channel: vscode.LogOutputChannel, { level, category, message }: LogParams): void {
  const line = `[${category.slice(category.lastIndexOf('.') + 1)}] ${message}`;
  switch (level) {
    case 'trace':
      channel.trace(line);
      break;
    case 'debug':
      channel.debug(line);
      break;
    case 'info':
      channel.info(line);
      break;
    case 'warning':
      channel.warn(line);
      break;
    case 'error':
      channel.error(line);
      break;
    case 'off':
      break;
  }
}
