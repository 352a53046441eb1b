/** What follows a crash. */
export type RestartDecision = { readonly restart: true; readonly delayMs: number } | { readonly restart: false };

/**
 * A sliding window over crashes: up to three in five minutes are mended silently, the next one is the user's to decide. The first restart is
 * immediate, later ones wait, so that a process that dies at once does not spin.
 */
export class RestartPolicy {
  private crashes: number[] = [];

  constructor(
    private readonly limit = 3,
    private readonly windowMs = 5 * 60_000,
    private readonly delaysMs: readonly number[] = [0, 1000, 3000],
  ) {}

  /** @param now Milliseconds on any clock that does not go back. */
  crashed(now: number): RestartDecision {
    this.crashes = this.crashes.filter((time) => now - time < this.windowMs);
    this.crashes.push(now);
    if (this.crashes.length > this.limit) {
      return { restart: false };
    }
    return { restart: true, delayMs: this.delaysMs[Math.min(this.crashes.length, this.delaysMs.length) - 1] ?? 0 };
  }

  /** The user asked for another try: what was before does not count. */
  reset(): void {
    this.crashes = [];
  }
}
