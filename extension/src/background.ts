/** Work that nobody waits for: its failure belongs in the log and nowhere else. */
export type InBackground = (what: string, work: () => Promise<unknown>) => void;

export function inBackground(log: { warn(message: string): void }): InBackground {
  return (what, work) => {
    work().catch((error: unknown) => {
      log.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
}
