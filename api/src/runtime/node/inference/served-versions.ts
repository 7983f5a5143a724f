import type { Worker } from 'node:worker_threads';
import type { Engines } from '../../../analysis/engines.ts';
import type { ModelFolder } from '../models/model-folder.ts';
import type { WorkerEngine } from './worker-engine.ts';

export interface ServedVersionsOptions {
  /** Versions to serve by name beside the current one. */
  readonly others: readonly string[];
  /** Opens a version, without one the current. */
  readonly open: (version?: string) => Promise<ModelFolder>;
  readonly makeEngine: (model: ModelFolder, role: 'current' | 'other') => WorkerEngine;
  /** A version that is not current cannot be served; the others are. */
  readonly onOtherFailed: (version: string, reason: string) => void;
}

export type Reload =
  | { readonly outcome: 'served'; readonly from: string; readonly to: string }
  | { readonly outcome: 'unchanged'; readonly version: string }
  /** The server keeps what it had. */
  | { readonly outcome: 'refused'; readonly version: string; readonly reason: string };

/**
 * The engines of a server whose current version may change while it runs. A new one is opened,
 * checked and has answered before it takes over; the old one answers what it has accepted.
 */
export class ServedVersions implements Engines {
  readonly #options: ServedVersionsOptions;
  readonly #others = new Map<string, WorkerEngine>();
  /** Neither current nor to be asked for by name: not yet, or no longer. */
  readonly #unlisted = new Set<WorkerEngine>();
  #current: WorkerEngine;
  /** Reloads come one after another. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param model the current version, already open */
  constructor(model: ModelFolder, options: ServedVersionsOptions) {
    this.#options = options;
    this.#current = options.makeEngine(model, 'current');
  }

  get current(): WorkerEngine {
    return this.#current;
  }

  get byVersion(): ReadonlyMap<string, WorkerEngine> {
    return new Map([...this.#others, [versionOf(this.#current), this.#current]]);
  }

  /** Every engine that holds workers: also those that still answer what they had accepted. */
  get all(): readonly WorkerEngine[] {
    return [this.#current, ...this.#others.values(), ...this.#unlisted];
  }

  /**
   * Loads the current version; the others follow in the background.
   *
   * @param first a worker that was spawned already
   * @throws Error when the current version cannot be loaded
   */
  async start(first?: Worker): Promise<void> {
    const started = this.#current.start(first);
    this.#last = started.then(
      () => this.#loadOthers(versionOf(this.#current)),
      () => {},
    );
    await started;
  }

  /** Looks at what is on disk now, and serves it if it is another model that can be served. */
  reload(): Promise<Reload> {
    const reload = this.#last.then(() => this.#reload());
    this.#last = reload;
    return reload;
  }

  /** Takes nothing more. */
  close(): void {
    this.#closed = true;
    for (const engine of this.all) engine.close();
  }

  async #reload(): Promise<Reload> {
    const old = this.#current;
    const refused = (error: unknown): Reload => ({
      outcome: 'refused',
      version: versionOf(old),
      reason: error instanceof Error ? error.message : String(error),
    });
    let model: ModelFolder;
    try {
      model = await this.#options.open();
    } catch (error) {
      return refused(error);
    }
    if (model.sha256 === old.model.sha256) {
      return { outcome: 'unchanged', version: versionOf(old) };
    }
    const next = this.#options.makeEngine(model, 'current');
    try {
      await next.start();
    } catch (error) {
      next.close();
      return refused(error);
    }
    if (this.#closed) {
      next.close();
      return refused('the server is shutting down');
    }
    // Before the old one goes, so that who names its version does not meet a gap.
    await this.#loadOthers(versionOf(next));
    this.#current = next;
    this.#retire(old);
    return { outcome: 'served', from: versionOf(old), to: versionOf(next) };
  }

  async #loadOthers(current: string): Promise<void> {
    for (const version of this.#options.others) {
      if (version === current || this.#others.has(version) || this.#closed) continue;
      try {
        const engine = this.#options.makeEngine(await this.#options.open(version), 'other');
        // Listed among all from now on, so that it is closed with them.
        this.#unlisted.add(engine);
        await engine.start().finally(() => this.#unlisted.delete(engine));
        if (!this.#closed) this.#others.set(version, engine);
      } catch (error) {
        this.#options.onOtherFailed(version, (error as Error).message);
      }
    }
  }

  #retire(engine: WorkerEngine): void {
    this.#unlisted.add(engine);
    void engine.idle().then(() => {
      engine.close();
      this.#unlisted.delete(engine);
    });
  }
}

function versionOf(engine: WorkerEngine): string {
  return engine.model.manifest.version;
}
