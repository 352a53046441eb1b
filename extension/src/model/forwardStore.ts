import { type ForwardSnapshot, type ForwardsChangedParams } from '../sidecar/protocol.generated';
import { Emitter } from './emitter';

/** What a listener may look at again. */
export interface StoreChange {
  /** Forwards whose snapshot is another one now. */
  readonly ids: readonly string[];
  /** True when forwards came, went, moved or were renamed, or when nothing that is shown is current any more. */
  readonly structural: boolean;
}

/**
 * The sidecar's last word on every forward. It decides nothing: it holds snapshots, in the order in which the documents define them, and
 * knows whether the process that sent them still lives.
 */
export class ForwardStore {
  private snapshots = new Map<string, ForwardSnapshot>();
  private positions = new Map<string, number>();
  /** Ids that the living sidecar has reported. The others are what a dead one said last. */
  private readonly current = new Set<string>();
  private readonly changed = new Emitter<StoreChange>();
  private readonly stateChanged = new Emitter<StoreChange>();
  private readonly renamed = new Emitter<{ from: string; to: string }>();

  readonly onDidChange = this.changed.event;
  /** The same, less what is only figures: those change twice a second on every forward that is in use. */
  readonly onDidChangeState = this.stateChanged.event;
  readonly onDidRename = this.renamed.event;

  /** Every forward, in the order of the documents. */
  get all(): readonly ForwardSnapshot[] {
    return [...this.snapshots.values()];
  }

  get(id: string): ForwardSnapshot | undefined {
    return this.snapshots.get(id);
  }

  /** Those of the ids that there are, in the order of the ids. */
  withIds(ids: Iterable<string>): readonly ForwardSnapshot[] {
    return [...ids].map((id) => this.snapshots.get(id)).filter((snapshot) => snapshot !== undefined);
  }

  /** False while the sidecar that reported this forward is gone and its successor has not spoken yet. */
  isCurrent(id: string): boolean {
    return this.current.has(id);
  }

  /** Takes in one `forwards/changed`. */
  update({ snapshots, removed }: ForwardsChangedParams): void {
    let structural = false;
    const ids: string[] = [];
    for (const id of removed) {
      this.current.delete(id);
      structural = this.snapshots.delete(id) || structural;
    }
    for (const snapshot of snapshots) {
      if (snapshot.previousId !== undefined && snapshot.previousId !== snapshot.id) {
        this.current.delete(snapshot.previousId);
        this.snapshots.delete(snapshot.previousId);
        this.renamed.fire({ from: snapshot.previousId, to: snapshot.id });
        structural = true;
      }
      structural ||= !this.snapshots.has(snapshot.id);
      if (!this.current.has(snapshot.id) || !differInFiguresOnly(this.snapshots.get(snapshot.id), snapshot)) {
        ids.push(snapshot.id);
      }
      this.snapshots.set(snapshot.id, snapshot);
      this.current.add(snapshot.id);
    }
    if (structural) {
      this.sort();
    }
    this.changed.fire({ ids: snapshots.map((snapshot) => snapshot.id), structural });
    if (structural || ids.length > 0) {
      this.stateChanged.fire({ ids, structural });
    }
  }

  /** Takes over which forwards exist, and their order, from the answer to `workspace/apply`. */
  arrange(ids: readonly string[]): void {
    const before = [...this.snapshots.keys()];
    this.positions = new Map(ids.map((id, position) => [id, position]));
    for (const id of before) {
      // What a dead sidecar said and its successor does not know is gone. What the living one reported, only it may remove.
      if (!this.positions.has(id) && !this.current.has(id)) {
        this.snapshots.delete(id);
      }
    }
    this.sort();
    const after = [...this.snapshots.keys()];
    if (after.length !== before.length || after.some((id, index) => id !== before[index])) {
      this.fire({ ids: [], structural: true });
    }
  }

  /** The sidecar is gone: what it said is kept to be shown, but no longer as what is. */
  expire(): void {
    if (this.current.size > 0) {
      this.current.clear();
      this.fire({ ids: [...this.snapshots.keys()], structural: true });
    }
  }

  private fire(change: StoreChange): void {
    this.changed.fire(change);
    this.stateChanged.fire(change);
  }

  /** Stable: forwards without a known position keep the order in which they came, after the others. */
  private sort(): void {
    const position = (id: string): number => this.positions.get(id) ?? Number.MAX_SAFE_INTEGER;
    this.snapshots = new Map([...this.snapshots].sort(([a], [b]) => position(a) - position(b)));
  }
}

const figures: ReadonlySet<string> = new Set<keyof ForwardSnapshot>(['traffic', 'pingMilliseconds']);

function differInFiguresOnly(before: ForwardSnapshot | undefined, after: ForwardSnapshot): boolean {
  return before !== undefined && equal(before, after, figures);
}

const none: ReadonlySet<string> = new Set();

/** Of what comes over the pipe: values, lists and objects. Comparing texts would cost several times as much. */
function equal(a: unknown, b: unknown, ignored = none): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return a === b;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => ignored.has(key) || equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}
