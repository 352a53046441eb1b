/** Time that passes when the test says so. */
export class HandClock {
  private time = 0;
  private waiting: { at: number; delayMs: number; wake: () => void }[] = [];

  now = (): number => this.time;

  delay = (delayMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (delayMs <= 0 || signal.aborted) {
        resolve();
        return;
      }
      const entry = { at: this.time + delayMs, delayMs, wake: resolve };
      this.waiting.push(entry);
      signal.addEventListener('abort', () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
        resolve();
      });
    });

  /** The delays that are waited for now. */
  get armed(): readonly number[] {
    return this.waiting.map(({ delayMs }) => delayMs);
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    const due = this.waiting.filter(({ at }) => at <= this.time);
    this.waiting = this.waiting.filter(({ at }) => at > this.time);
    due.forEach(({ wake }) => {
      wake();
    });
  }
}
