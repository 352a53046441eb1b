import { Emitter } from '../model/emitter';
import { type SidecarConnection } from '../sidecar/connection';
import { type ApplyParams, type ApplyResult, type ConfigDocument, type ForwardRange, type SidecarSettings } from '../sidecar/protocol.generated';

/** Where what is wanted comes from. Read anew for every apply. */
export interface DesiredState {
  readDocuments(): Promise<readonly ConfigDocument[]>;
  enabled(): readonly string[];
  consents(): readonly string[];
  isTrusted(): boolean;
  settings(): SidecarSettings;
}

/** Hands out the living sidecar. */
export interface ConnectionSource {
  connection(): Promise<SidecarConnection>;
}

/**
 * Sends what is wanted: start, stop, edit, reload and recovery are this one declarative request. One is under way at a time, and calls
 * that come meanwhile share the next one, which sends what is wanted by then.
 */
export class WorkspaceSync {
  private running: Promise<unknown> = Promise.resolve();
  private next: Promise<ApplyResult> | undefined;
  private last: ApplyResult | undefined;
  private readonly applied = new Emitter<ApplyResult>();

  readonly onDidApply = this.applied.event;

  constructor(
    private readonly desired: DesiredState,
    private readonly sidecar: ConnectionSource,
  ) {}

  /** Where the forwards of the last apply are defined. */
  get ranges(): readonly ForwardRange[] {
    return this.last?.ranges ?? [];
  }

  get hasApplied(): boolean {
    return this.last !== undefined;
  }

  /** Resolves when a sidecar has taken in everything that was wanted at the time of this call. Starts the sidecar if need be. */
  apply(): Promise<ApplyResult> {
    this.next ??= this.applyAfter(this.running);
    return this.next;
  }

  /** For a sidecar that was just started: what is wanted, before anything else. */
  async applyOver(connection: SidecarConnection): Promise<ApplyResult> {
    const result = await connection.request('workspace/apply', await this.params());
    this.last = result;
    this.applied.fire(result);
    return result;
  }

  private async applyAfter(previous: Promise<unknown>): Promise<ApplyResult> {
    await previous;
    // From here on a change may come too late for this apply: it gets another.
    const result = this.send();
    this.running = result.catch(() => undefined);
    this.next = undefined;
    return result;
  }

  private async send(): Promise<ApplyResult> {
    for (;;) {
      const connection = await this.sidecar.connection();
      try {
        return await this.applyOver(connection);
      } catch (error) {
        // The sidecar died under the request. Its successor gets it, or there is none and connection() says why.
        if (!connection.isClosed) {
          throw error;
        }
      }
    }
  }

  /** Everything that is wanted now. */
  async params(): Promise<ApplyParams> {
    const documents = await this.desired.readDocuments();
    const trusted = this.desired.isTrusted();
    // In Restricted Mode the sidecar starts nothing; that nothing is asked of it is the second lock.
    return { documents, enabled: trusted ? this.desired.enabled() : [], trusted, consents: this.desired.consents(), settings: this.desired.settings() };
  }
}
