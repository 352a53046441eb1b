import { type LogParams } from '../sidecar/protocol.generated';
import { Emitter } from './emitter';

/** How many lines are kept. */
const capacity = 2000;

/** The last lines that the sidecar logged, to show those of one forward. */
export class LogHistory {
  private readonly lines: { readonly at: Date; readonly line: LogParams }[] = [];
  private readonly added = new Emitter<LogParams>();
  readonly onDidAdd = this.added.event;

  add(line: LogParams, at: Date): void {
    this.lines.push({ at, line });
    if (this.lines.length > capacity) {
      this.lines.shift();
    }
    this.added.fire(line);
  }

  /** The lines that name the forward, oldest first. */
  of(forwardId: string): string {
    return this.lines
      .filter(({ line }) => mentions(line, forwardId))
      .map(({ at, line }) => `${at.toISOString()} [${line.level}] ${line.message}\n`)
      .join('');
  }
}

/** The log names forwards by their id. One id may begin another: `shop/api` is not `shop/api-2`. */
export function mentions({ message }: LogParams, forwardId: string): boolean {
  for (let at = message.indexOf(forwardId); at >= 0; at = message.indexOf(forwardId, at + 1)) {
    const isWhole = !/[\w/-]/.test(message.charAt(at - 1)) && !/[\w/-]/.test(message.charAt(at + forwardId.length));
    if (isWhole) {
      return true;
    }
  }
  return false;
}
