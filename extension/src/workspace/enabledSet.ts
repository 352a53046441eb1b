import { Emitter } from '../model/emitter';

/** The part of the editor's Memento that is used. */
export interface Memory {
  get<T>(key: string, fallback: T): T;
  update(key: string, value: unknown): Thenable<void>;
}

const key = 'kftray.enabled';

/**
 * The ids of the forwards that the user wants to run. It lives in the workspace's own storage, so it survives reloads and crashes. Ids
 * that no document defines are kept: after a change of branches and back, what ran runs again.
 */
export class EnabledSet {
  private readonly enabled: Set<string>;
  private readonly changed = new Emitter<undefined>();
  readonly onDidChange = this.changed.event;

  /** @param restore False: what ran before this window was loaded is forgotten. */
  constructor(
    private readonly memory: Memory,
    restore: boolean,
  ) {
    this.enabled = new Set(restore ? memory.get<string[]>(key, []) : []);
  }

  get ids(): readonly string[] {
    return [...this.enabled];
  }

  has(id: string): boolean {
    return this.enabled.has(id);
  }

  async add(ids: readonly string[]): Promise<void> {
    ids.forEach((id) => this.enabled.add(id));
    await this.save();
  }

  async remove(ids: readonly string[]): Promise<void> {
    ids.forEach((id) => this.enabled.delete(id));
    await this.save();
  }

  /** An edit renamed a running forward: it is wanted under its new id. */
  async rename(from: string, to: string): Promise<void> {
    if (this.enabled.delete(from)) {
      this.enabled.add(to);
      await this.save();
    }
  }

  private async save(): Promise<void> {
    this.changed.fire(undefined);
    await this.memory.update(key, this.ids);
  }
}
